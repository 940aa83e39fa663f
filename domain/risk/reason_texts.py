"""Texts of reasons in two languages: supportive words for a code and its figures."""

from collections.abc import Mapping
from typing import Any

from domain.language import Language
from domain.risk.drivers import BASE_REASON, REST_REASON, Driver

Texts = Mapping[Language, str]

_FIGURE_TEXTS: Mapping[str, Texts] = {
    Driver.SCORE: {
        Language.ID: "Skor kinerja {own}; rekan pada jenis jabatan yang sama {peers}.",
        Language.EN: "Performance score {own}; peers in the same kind of position {peers}.",
    },
    Driver.RESULTS: {
        Language.ID: "Hasil kerja beberapa triwulan terakhir {own} (yang terbaru paling diperhitungkan); "
        "rekan pada jenis jabatan yang sama {peers}.",
        Language.EN: "Work results of the recent quarters {own} (the latest count most); "
        "peers in the same kind of position {peers}.",
    },
    Driver.BEHAVIOUR: {
        Language.ID: "Perilaku kerja beberapa triwulan terakhir {own} (yang terbaru paling diperhitungkan); "
        "rekan pada jenis jabatan yang sama {peers}.",
        Language.EN: "Work behaviour of the recent quarters {own} (the latest count most); "
        "peers in the same kind of position {peers}.",
    },
    Driver.TREND: {
        Language.ID: "Perubahan skor per triwulan {own} poin; rekan pada jenis jabatan yang sama {peers} poin.",
        Language.EN: "Change of the score per quarter {own} points; peers in the same kind of position {peers}.",
    },
    Driver.ATTENDANCE: {
        Language.ID: "Hari terlambat pada bulan terakhir {own}; rekan pada jenis jabatan yang sama {peers}.",
        Language.EN: "Days late in the last month {own}; peers in the same kind of position {peers}.",
    },
    Driver.DAILY_LOG: {
        Language.ID: "Catatan progres harian pada bulan terakhir {own}; rekan pada jenis jabatan yang sama {peers}.",
        Language.EN: "Daily progress reported in the last month {own}; peers in the same kind of position {peers}.",
    },
    Driver.PROGRESS: {
        Language.ID: "Capaian terhadap target {own} persen; rekan pada jenis jabatan yang sama {peers} persen.",
        Language.EN: "Progress towards the target {own} per cent; "
        "peers in the same kind of position {peers} per cent.",
    },
    Driver.TEAM: {
        Language.ID: "Rata-rata skor rekan satu unit kerja {own}; "
        "pada unit rekan dengan jenis jabatan yang sama {peers}. "
        "Ini keadaan unit, bukan kesalahan pegawai.",
        Language.EN: "Mean score of colleagues in the same subunit {own}; in the subunits of peers {peers}. "
        "This is the state of the unit, not the person's doing.",
    },
    Driver.APPRAISER: {
        Language.ID: "Rata-rata skor yang diberikan pejabat penilai kepada pegawai lain {own}; "
        "oleh penilai rekan dengan jenis jabatan yang sama {peers}. "
        "Ini konteks, bukan perbuatan pegawai.",
        Language.EN: "Mean score that the appraiser gives others {own}; the appraisers of peers {peers}. "
        "This is context, not the person's doing.",
    },
    Driver.TIME_IN_POSITION: {
        Language.ID: "Lama pada jabatan sekarang {own} triwulan; rekan pada jenis jabatan yang sama {peers}.",
        Language.EN: "Quarters in the present position {own}; peers in the same kind of position {peers}.",
    },
    Driver.RECORD: {
        Language.ID: "Penilaian yang belum tersedia dalam setahun terakhir {own}; rekan rata-rata {peers}.",
        Language.EN: "Evaluations missing in the last year {own}; peers on average {peers}.",
    },
}

_PLAIN_TEXTS: Mapping[str, Texts] = {
    Driver.CHANGE: {
        Language.ID: "Pejabat penilai atau unit kerja berubah pada triwulan terakhir. Ini konteks.",
        Language.EN: "The appraiser or the unit changed in the last quarter. This is context.",
    },
    Driver.SEASON: {
        Language.ID: "Triwulan ini biasanya berbeda dari triwulan lain. Ini konteks.",
        Language.EN: "This quarter of the year usually differs from the others. This is context.",
    },
    BASE_REASON: {
        Language.ID: "Titik awal: tingkat yang lazim bagi rekan pada jenis jabatan yang sama.",
        Language.EN: "Starting point: what is usual for peers in the same kind of position.",
    },
    REST_REASON: {
        Language.ID: "Faktor-faktor lain yang masing-masing kecil pengaruhnya.",
        Language.EN: "Other factors, each of small influence.",
    },
}

_NO_CHANGE_TEXTS: Texts = {
    Language.ID: "Pejabat penilai dan unit kerja tetap sama pada triwulan terakhir. Ini konteks.",
    Language.EN: "The appraiser and the unit stayed the same in the last quarter. This is context.",
}


def render_reason(code: str, params: Mapping[str, Any], *, language: Language = Language.ID) -> str:
    """Render a reason as a sentence, from its code and parameters.

    `params` holds the figures to compare, `own` and `peers`, if there are any. The sentence states figures and blames
    nobody. Raises KeyError for an unknown code.
    """
    if code in _FIGURE_TEXTS:
        own, peers = (format_number(params[name], language) for name in ("own", "peers"))
        return _FIGURE_TEXTS[code][language].format(own=own, peers=peers)
    if code == Driver.CHANGE and not params.get("own"):
        return _NO_CHANGE_TEXTS[language]
    return _PLAIN_TEXTS[code][language]


def format_number(value: float, language: Language) -> str:
    """Format a number with at most two decimals, without trailing zeros.

    Indonesian has a decimal comma.
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    plain = "0" if text in {"-0", ""} else text
    return plain.replace(".", ",") if language is Language.ID else plain
