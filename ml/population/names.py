"""Names of the people of Jakarta, who came from everywhere."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.population.province import Codes, Flags, Ints
from ml.population.streams import stream


@dataclass(frozen=True, slots=True)
class Custom:
    """How one people of the archipelago names its children; `alone` is the share who bear a single name."""

    share: float
    men: tuple[str, ...]
    women: tuple[str, ...]
    last: tuple[str, ...]
    last_women: tuple[str, ...] = ()
    alone: float = 0.0


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CUSTOMS: Final = {
    "javanese": Custom(
        0.36,
        _words(
            "Agus Bambang Slamet Sugeng Joko Eko Dwi Tri Budi Heru Wahyu Sigit Hari Yudi Teguh Arif Bayu "
            "Danang Gatot Haryono Imam Kuncoro Mulyono Nugroho Priyo Rudi Sapto Tono Untung Wawan Yanto "
            "Suyono Sutrisno Purnomo"
        ),
        _words(
            "Sri Endang Dwi Tri Retno Wahyuni Siti Ningsih Rini Yuli Nur Ratna Lestari Wulan Dyah Ambar "
            "Kartika Ika Puji Rahayu Sulastri Suparti Tutik Umi Winarsih Yuniarti Eni Diah Anggraeni Kusuma "
            "Pratiwi Indah"
        ),
        _words(
            "Santoso Wibowo Prasetyo Nugroho Setiawan Susilo Hartono Raharjo Widodo Kurniawan Utomo Purwanto "
            "Suryanto Handoko Saputro Wicaksono Hidayat Yulianto Mulyadi Sudarmanto Prabowo Subagyo Hermawan "
            "Pamungkas"
        ),
        _words(
            "Lestari Rahayu Wahyuningsih Handayani Susanti Wulandari Puspitasari Kusumawati Setyowati "
            "Hastuti Astuti Purwanti Utami Widyastuti Sulistyowati Nurhayati Mulyani Suryani Pujiastuti "
            "Hapsari Damayanti Maharani"
        ),
        0.14,
    ),
    "sundanese": Custom(
        0.16,
        _words(
            "Asep Dadan Cecep Ujang Dede Iwan Yayan Encep Deden Tatang Ade Jajang Endang Aceng Rahmat Nandang Ujang"
        ),
        _words("Neneng Euis Iis Lilis Yani Cucu Ai Teti Nia Imas Elis Yeti Rina Dewi Kokom Entin Ani Tintin Popon"),
        _words(
            "Suryana Hidayat Sutisna Kosasih Permana Gunawan Mulyana Supriatna Ruhiyat Sudrajat Iskandar "
            "Nugraha Ramdani"
        ),
        _words(
            "Nurhasanah Rosmiati Sumiati Nuraeni Rohaeti Kartini Hasanah Komariah Kurniasih Sukaesih Herawati Mulyati"
        ),
        0.06,
    ),
    "betawi": Custom(
        0.15,
        _words(
            "Abdul Ahmad Muhammad Mahmud Syamsul Rojali Zainal Sanusi Hasan Husni Fauzi Marzuki Ridwan "
            "Jamaludin Nawawi"
        ),
        _words(
            "Siti Fatimah Nurjanah Aisyah Halimah Maryam Zubaidah Rohmah Hindun Mutia Salamah Khadijah Laila Masitoh"
        ),
        _words(
            "Rohman Hakim Sobari Mansur Latif Syafei Muhtar Rahmatullah Anwar Ramli Yusuf Saputra Firdaus "
            "Alatas Kadir"
        ),
        _words(
            "Rohimah Mariana Hamidah Zahra Nurlaela Syarifah Saidah Azizah Amelia Fadilah Hasanah Rahmawati Maulida"
        ),
        0.08,
    ),
    "batak": Custom(
        0.09,
        _words(
            "Parlindungan Binsar Hotman Jonson Maruli Sahat Tigor Poltak Ronald Saut Togar Daniel Mangasi Jefri Benny"
        ),
        _words(
            "Rosmaida Tiurma Hotma Rumondang Debora Lasma Duma Nelly Marlina Ester Ida Riris Sondang Lamria Novita"
        ),
        _words(
            "Siregar Nasution Simanjuntak Situmorang Sihombing Hutapea Panjaitan Lubis Harahap Sinaga "
            "Manurung Silalahi Tampubolon Pasaribu Ginting Sembiring Tarigan Hutabarat Napitupulu Marpaung"
        ),
    ),
    "minang": Custom(
        0.08,
        _words(
            "Yulizar Syafrizal Hendri Zulkifli Afrizal Ermanto Riko Dasril Nofrizal Irwan Masrul Yendri "
            "Rinaldi Fadhil"
        ),
        _words(
            "Yusnidar Ernawati Desmawati Yulinar Fitri Rahmi Gusneli Elvira Novia Suryati Zuraida Mardiana Wirda Meri"
        ),
        _words(
            "Chaniago Koto Piliang Tanjung Sikumbang Jambak Syarif Effendi Amir Rasyid Bakri Munaf Zein Sutan Nazar"
        ),
        _words("Chaniago Koto Piliang Tanjung Syarif Rasyid Zein Oktaviani Delima Murni Safitri Yanti Permatasari"),
        0.10,
    ),
    "balinese": Custom(
        0.03,
        ("I Made", "I Wayan", "I Nyoman", "I Ketut", "I Putu", "I Gede", "I Kadek", "I Komang"),
        ("Ni Made", "Ni Wayan", "Ni Nyoman", "Ni Ketut", "Ni Putu", "Ni Luh", "Ni Kadek", "Ni Komang"),
        _words(
            "Suarjana Sudiarta Wirawan Artana Suardika Adnyana Mahendra Wijaya Yasa Sutama Darmawan Parwata Suastika"
        ),
        _words("Suryani Astini Widiastuti Sukerti Ariani Purnami Suciati Kertiasih Yuliani Candrawati Wahyuni Dewi"),
    ),
    "chinese": Custom(
        0.04,
        _words(
            "Hendra Andi Kevin Stefanus Yohanes Denny Steven Ricky Alexander Felix Vincent Willy Robert "
            "Leonardus Chandra"
        ),
        _words(
            "Lina Meilani Susan Fransisca Yenny Vivian Melisa Lie Stefani Angelina Cindy Monica Agnes Grace Shinta"
        ),
        _words(
            "Halim Wijaya Tanuwijaya Gunawan Salim Kusnadi Susanto Lim Hartanto Setiadi Widjaja Sutanto Tandean Liem"
        ),
    ),
    "eastern": Custom(
        0.09,
        _words(
            "Yohanes Agustinus Petrus Marthen Jacob Andi Baso Syahrir Ruslan Daeng Ferdinand Melkias Sammy "
            "Hasanuddin La"
        ),
        _words(
            "Maria Yuliana Martha Andi Rosalina Sitti Hasnah Nurhayati Agustina Juliana Theresia Fransina "
            "Norce Olivia"
        ),
        _words(
            "Rumbiak Tahitu Pattiasina Mandagi Wowor Lumban Mangkunegara Tuasikal Latuconsina Rante Palinggi "
            "Nainggolan Makassar Bura Fernandez Lewar Wenda Kambu Pangemanan Siahaya Sahetapy"
        ),
    ),
}

DEGREES: Final = {
    "TEACHER": ("S.Pd.", "S.Pd.", "S.Pd.", "S.Pd., M.Pd.", "S.Pd.I.", "M.Pd."),
    "HEALTH": ("A.Md.Kep.", "S.Kep., Ners", "A.Md.Keb.", "S.K.M.", "S.Tr.Keb.", "S.Farm."),
    "DIGITAL": ("S.Kom.", "S.Kom., M.T.I.", "S.T.", "S.Stat.", "S.I.Kom."),
    "FIELD": ("S.T.", "S.Sos.", "S.H.", "A.Md.", ""),
    "SOCIAL": ("S.Sos.", "S.Psi.", "S.Hum.", "M.Si."),
    "SERVICE": ("S.E.", "S.Sos.", "S.A.P.", "S.Ak."),
    "ANALYST": ("S.E.", "S.H.", "S.A.P.", "S.IP., M.Si.", "S.E., M.Ak.", "S.Psi."),
    "LEADER": ("S.Sos., M.Si.", "S.E., M.M.", "S.H., M.H.", "S.STP., M.Si.", "S.T., M.T.", "S.IP., M.A.P."),
    "CLERICAL": ("", "", "", "A.Md.", "S.E.", "S.Sos."),
}
"""Degrees that follow a name, by kind of work; an empty one is none."""


def draw(female: Flags, kind: Codes, kinds: tuple[str, ...], physician: Flags, seed: int) -> NDArray[Any]:
    """Full names with degrees, as officials write them; `physician` puts `dr.` before the name."""
    n = len(female)
    pick = stream(seed, "name").random((n, 5))
    customs = tuple(CUSTOMS.values())
    edges = np.cumsum([one.share for one in customs])[:-1]
    which = np.searchsorted(edges, pick[:, 0], side="right")
    names = [
        _one(customs[c], row, woman=woman)
        for c, woman, row in zip(which.tolist(), female.tolist(), pick.tolist(), strict=True)
    ]
    full = np.empty(n, dtype=object)
    full[:] = [
        _titled(name, DEGREES[kinds[k]], row[4], physician=doctor)
        for name, k, row, doctor in zip(names, kind.tolist(), pick.tolist(), physician.tolist(), strict=True)
    ]
    return full


def _one(custom: Custom, pick: list[float], *, woman: bool) -> str:
    first = custom.women if woman else custom.men
    last = (custom.last_women or custom.last) if woman else custom.last
    given = first[int(pick[1] * len(first))]
    family = last[int(pick[2] * len(last))]
    if pick[3] < custom.alone:
        return family
    middle = first[int(pick[3] * 997 % 1 * len(first))] if pick[3] > 0.7 and " " not in given else ""
    return f"{given} {middle} {family}" if middle not in {"", given, family} else f"{given} {family}"


def _titled(name: str, degrees: tuple[str, ...], pick: float, *, physician: bool) -> str:
    if physician:
        return f"dr. {name}"
    degree = degrees[int(pick * len(degrees))]
    return f"{name}, {degree}" if degree else name


def sequence(prefix: Ints) -> Ints:
    """1, 2, 3 … within equal prefixes, in the order given."""
    order = np.argsort(prefix, kind="stable")
    fresh = np.concatenate(([True], np.diff(prefix[order]) != 0))
    start = np.maximum.accumulate(np.where(fresh, np.arange(len(prefix)), 0))
    number = np.empty(len(prefix), dtype=np.int64)
    number[order] = np.arange(len(prefix)) - start + 1
    return number
