"""Personal names of the people of Jakarta, from all over the archipelago."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.synthetic.province import Codes, Flags, Ints
from ml.synthetic.rng import create_random_stream


@dataclass(frozen=True, slots=True)
class NamingCustom:
    """Naming custom of one people of the archipelago.

    `single_name_share` is the share of people with a single name.
    """

    share: float
    men: tuple[str, ...]
    women: tuple[str, ...]
    last: tuple[str, ...]
    last_women: tuple[str, ...] = ()
    single_name_share: float = 0.0


def _split_words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NAMING_CUSTOMS: Final = {
    "javanese": NamingCustom(
        0.36,
        _split_words(
            "Agus Bambang Slamet Sugeng Joko Eko Dwi Tri Budi Heru Wahyu Sigit Hari Yudi Teguh Arif Bayu "
            "Danang Gatot Haryono Imam Kuncoro Mulyono Nugroho Priyo Rudi Sapto Tono Untung Wawan Yanto "
            "Suyono Sutrisno Purnomo"
        ),
        _split_words(
            "Sri Endang Dwi Tri Retno Wahyuni Siti Ningsih Rini Yuli Nur Ratna Lestari Wulan Dyah Ambar "
            "Kartika Ika Puji Rahayu Sulastri Suparti Tutik Umi Winarsih Yuniarti Eni Diah Anggraeni Kusuma "
            "Pratiwi Indah"
        ),
        _split_words(
            "Santoso Wibowo Prasetyo Nugroho Setiawan Susilo Hartono Raharjo Widodo Kurniawan Utomo Purwanto "
            "Suryanto Handoko Saputro Wicaksono Hidayat Yulianto Mulyadi Sudarmanto Prabowo Subagyo Hermawan "
            "Pamungkas"
        ),
        _split_words(
            "Lestari Rahayu Wahyuningsih Handayani Susanti Wulandari Puspitasari Kusumawati Setyowati "
            "Hastuti Astuti Purwanti Utami Widyastuti Sulistyowati Nurhayati Mulyani Suryani Pujiastuti "
            "Hapsari Damayanti Maharani"
        ),
        0.14,
    ),
    "sundanese": NamingCustom(
        0.16,
        _split_words(
            "Asep Dadan Cecep Ujang Dede Iwan Yayan Encep Deden Tatang Ade Jajang Endang Aceng Rahmat Nandang Ujang"
        ),
        _split_words(
            "Neneng Euis Iis Lilis Yani Cucu Ai Teti Nia Imas Elis Yeti Rina Dewi Kokom Entin Ani Tintin Popon"
        ),
        _split_words(
            "Suryana Hidayat Sutisna Kosasih Permana Gunawan Mulyana Supriatna Ruhiyat Sudrajat Iskandar "
            "Nugraha Ramdani"
        ),
        _split_words(
            "Nurhasanah Rosmiati Sumiati Nuraeni Rohaeti Kartini Hasanah Komariah Kurniasih Sukaesih Herawati Mulyati"
        ),
        0.06,
    ),
    "betawi": NamingCustom(
        0.15,
        _split_words(
            "Abdul Ahmad Muhammad Mahmud Syamsul Rojali Zainal Sanusi Hasan Husni Fauzi Marzuki Ridwan "
            "Jamaludin Nawawi"
        ),
        _split_words(
            "Siti Fatimah Nurjanah Aisyah Halimah Maryam Zubaidah Rohmah Hindun Mutia Salamah Khadijah Laila Masitoh"
        ),
        _split_words(
            "Rohman Hakim Sobari Mansur Latif Syafei Muhtar Rahmatullah Anwar Ramli Yusuf Saputra Firdaus "
            "Alatas Kadir"
        ),
        _split_words(
            "Rohimah Mariana Hamidah Zahra Nurlaela Syarifah Saidah Azizah Amelia Fadilah Hasanah Rahmawati Maulida"
        ),
        0.08,
    ),
    "batak": NamingCustom(
        0.09,
        _split_words(
            "Parlindungan Binsar Hotman Jonson Maruli Sahat Tigor Poltak Ronald Saut Togar Daniel Mangasi Jefri Benny"
        ),
        _split_words(
            "Rosmaida Tiurma Hotma Rumondang Debora Lasma Duma Nelly Marlina Ester Ida Riris Sondang Lamria Novita"
        ),
        _split_words(
            "Siregar Nasution Simanjuntak Situmorang Sihombing Hutapea Panjaitan Lubis Harahap Sinaga "
            "Manurung Silalahi Tampubolon Pasaribu Ginting Sembiring Tarigan Hutabarat Napitupulu Marpaung"
        ),
    ),
    "minang": NamingCustom(
        0.08,
        _split_words(
            "Yulizar Syafrizal Hendri Zulkifli Afrizal Ermanto Riko Dasril Nofrizal Irwan Masrul Yendri "
            "Rinaldi Fadhil"
        ),
        _split_words(
            "Yusnidar Ernawati Desmawati Yulinar Fitri Rahmi Gusneli Elvira Novia Suryati Zuraida Mardiana Wirda Meri"
        ),
        _split_words(
            "Chaniago Koto Piliang Tanjung Sikumbang Jambak Syarif Effendi Amir Rasyid Bakri Munaf Zein Sutan Nazar"
        ),
        _split_words(
            "Chaniago Koto Piliang Tanjung Syarif Rasyid Zein Oktaviani Delima Murni Safitri Yanti Permatasari"
        ),
        0.10,
    ),
    "balinese": NamingCustom(
        0.03,
        ("I Made", "I Wayan", "I Nyoman", "I Ketut", "I Putu", "I Gede", "I Kadek", "I Komang"),
        ("Ni Made", "Ni Wayan", "Ni Nyoman", "Ni Ketut", "Ni Putu", "Ni Luh", "Ni Kadek", "Ni Komang"),
        _split_words(
            "Suarjana Sudiarta Wirawan Artana Suardika Adnyana Mahendra Wijaya Yasa Sutama Darmawan Parwata Suastika"
        ),
        _split_words(
            "Suryani Astini Widiastuti Sukerti Ariani Purnami Suciati Kertiasih Yuliani Candrawati Wahyuni Dewi"
        ),
    ),
    "chinese": NamingCustom(
        0.04,
        _split_words(
            "Hendra Andi Kevin Stefanus Yohanes Denny Steven Ricky Alexander Felix Vincent Willy Robert "
            "Leonardus Chandra"
        ),
        _split_words(
            "Lina Meilani Susan Fransisca Yenny Vivian Melisa Lie Stefani Angelina Cindy Monica Agnes Grace Shinta"
        ),
        _split_words(
            "Halim Wijaya Tanuwijaya Gunawan Salim Kusnadi Susanto Lim Hartanto Setiadi Widjaja Sutanto Tandean Liem"
        ),
    ),
    "eastern": NamingCustom(
        0.09,
        _split_words(
            "Yohanes Agustinus Petrus Marthen Jacob Andi Baso Syahrir Ruslan Daeng Ferdinand Melkias Sammy "
            "Hasanuddin La"
        ),
        _split_words(
            "Maria Yuliana Martha Andi Rosalina Sitti Hasnah Nurhayati Agustina Juliana Theresia Fransina "
            "Norce Olivia"
        ),
        _split_words(
            "Rumbiak Tahitu Pattiasina Mandagi Wowor Lumban Mangkunegara Tuasikal Latuconsina Rante Palinggi "
            "Nainggolan Makassar Bura Fernandez Lewar Wenda Kambu Pangemanan Siahaya Sahetapy"
        ),
    ),
}

DEGREES_BY_KIND: Final = {
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
"""Academic degrees after a name, by kind of work; an empty one is none."""


def draw_full_names(female: Flags, kind: Codes, kinds: tuple[str, ...], physician: Flags, seed: int) -> NDArray[Any]:
    """Draw full names with degrees, in the style of officials.

    `physician` puts `dr.` before the name.
    """
    n = len(female)
    pick = create_random_stream(seed, "name").random((n, 5))
    customs = tuple(NAMING_CUSTOMS.values())
    edges = np.cumsum([one.share for one in customs])[:-1]
    which = np.searchsorted(edges, pick[:, 0], side="right")
    names = [
        _compose_name(customs[c], row, woman=woman)
        for c, woman, row in zip(which.tolist(), female.tolist(), pick.tolist(), strict=True)
    ]
    full = np.empty(n, dtype=object)
    full[:] = [
        _add_degree(name, DEGREES_BY_KIND[kinds[k]], row[4], physician=doctor)
        for name, k, row, doctor in zip(names, kind.tolist(), pick.tolist(), physician.tolist(), strict=True)
    ]
    return full


def _compose_name(custom: NamingCustom, pick: list[float], *, woman: bool) -> str:
    first = custom.women if woman else custom.men
    last = (custom.last_women or custom.last) if woman else custom.last
    given = first[int(pick[1] * len(first))]
    family = last[int(pick[2] * len(last))]
    if pick[3] < custom.single_name_share:
        return family
    middle = first[int(pick[3] * 997 % 1 * len(first))] if pick[3] > 0.7 and " " not in given else ""
    return f"{given} {middle} {family}" if middle not in {"", given, family} else f"{given} {family}"


def _add_degree(name: str, degrees: tuple[str, ...], pick: float, *, physician: bool) -> str:
    if physician:
        return f"dr. {name}"
    degree = degrees[int(pick * len(degrees))]
    return f"{name}, {degree}" if degree else name


def number_within_groups(prefix: Ints) -> Ints:
    """Number rows 1, 2, 3 … within equal prefixes, in the order given."""
    order = np.argsort(prefix, kind="stable")
    fresh = np.concatenate(([True], np.diff(prefix[order]) != 0))
    start = np.maximum.accumulate(np.where(fresh, np.arange(len(prefix)), 0))
    number = np.empty(len(prefix), dtype=np.int64)
    number[order] = np.arange(len(prefix)) - start + 1
    return number
