"""Districts (kecamatan) and villages (kelurahan) of Jakarta's five cities and regency."""

from typing import Final, TypeVar

Place = TypeVar("Place", str, tuple[str, str])

REGENCIES: Final = {
    "Jakarta Pusat": "Kota Administrasi Jakarta Pusat",
    "Jakarta Utara": "Kota Administrasi Jakarta Utara",
    "Jakarta Barat": "Kota Administrasi Jakarta Barat",
    "Jakarta Selatan": "Kota Administrasi Jakarta Selatan",
    "Jakarta Timur": "Kota Administrasi Jakarta Timur",
    "Kepulauan Seribu": "Kabupaten Administrasi Kepulauan Seribu",
}

_DISTRICT_LISTS: Final = {
    "Jakarta Pusat": """
        Gambir: Gambir, Kebon Kelapa, Petojo Utara, Petojo Selatan, Cideng, Duri Pulo
        Sawah Besar: Pasar Baru, Karang Anyar, Kartini, Gunung Sahari Utara, Mangga Dua Selatan
        Kemayoran: Kemayoran, Kebon Kosong, Serdang, Harapan Mulya, Sumur Batu, Cempaka Baru, Utan Panjang
        Senen: Senen, Kwitang, Kenari, Paseban, Kramat, Bungur
        Cempaka Putih: Cempaka Putih Timur, Cempaka Putih Barat, Rawasari
        Menteng: Menteng, Pegangsaan, Cikini, Gondangdia, Kebon Sirih
        Tanah Abang: Gelora, Bendungan Hilir, Karet Tengsin, Petamburan, Kebon Melati, Kebon Kacang
        Johar Baru: Johar Baru, Kampung Rawa, Galur, Tanah Tinggi""",
    "Jakarta Utara": """
        Penjaringan: Penjaringan, Pluit, Pejagalan, Kapuk Muara, Kamal Muara
        Pademangan: Pademangan Barat, Pademangan Timur, Ancol
        Tanjung Priok: Tanjung Priok, Kebon Bawang, Sungai Bambu, Papanggo, Warakas, Sunter Agung, Sunter Jaya
        Koja: Koja, Lagoa, Rawa Badak Utara, Rawa Badak Selatan, Tugu Utara, Tugu Selatan
        Kelapa Gading: Kelapa Gading Barat, Kelapa Gading Timur, Pegangsaan Dua
        Cilincing: Cilincing, Kalibaru, Marunda, Semper Barat, Semper Timur, Sukapura, Rorotan""",
    "Jakarta Barat": """
        Cengkareng: Cengkareng Barat, Cengkareng Timur, Duri Kosambi, Rawa Buaya, Kedaung Kali Angke, Kapuk
        Grogol Petamburan: Grogol, Tomang, Jelambar, Jelambar Baru, Tanjung Duren Utara, Tanjung Duren Selatan
        Kalideres: Kalideres, Semanan, Tegal Alur, Kamal, Pegadungan
        Kebon Jeruk: Kebon Jeruk, Duri Kepa, Kedoya Utara, Kedoya Selatan, Kelapa Dua, Sukabumi Utara
        Kembangan: Kembangan Utara, Kembangan Selatan, Joglo, Meruya Utara, Meruya Selatan, Srengseng
        Palmerah: Palmerah, Slipi, Kemanggisan, Kota Bambu Utara, Kota Bambu Selatan, Jatipulo
        Taman Sari: Taman Sari, Pinangsia, Glodok, Keagungan, Krukut, Mangga Besar, Maphar, Tangki
        Tambora: Tambora, Angke, Duri Utara, Duri Selatan, Jembatan Besi, Kali Anyar, Krendang, Pekojan""",
    "Jakarta Selatan": """
        Cilandak: Cilandak Barat, Cipete Selatan, Gandaria Selatan, Lebak Bulus, Pondok Labu
        Jagakarsa: Jagakarsa, Ciganjur, Cipedak, Lenteng Agung, Srengseng Sawah, Tanjung Barat
        Kebayoran Baru: Gandaria Utara, Gunung, Kramat Pela, Melawai, Pulo, Rawa Barat, Selong, Senayan
        Kebayoran Lama: Cipulir, Grogol Selatan, Grogol Utara, Kebayoran Lama Selatan, Pondok Pinang
        Mampang Prapatan: Bangka, Kuningan Barat, Mampang Prapatan, Pela Mampang, Tegal Parang
        Pancoran: Cikoko, Duren Tiga, Kalibata, Pancoran, Pengadegan, Rawajati
        Pasar Minggu: Cilandak Timur, Jati Padang, Kebagusan, Pasar Minggu, Pejaten Barat, Pejaten Timur, Ragunan
        Pesanggrahan: Bintaro, Pesanggrahan, Petukangan Selatan, Petukangan Utara, Ulujami
        Setiabudi: Guntur, Karet, Karet Kuningan, Kuningan Timur, Menteng Atas, Pasar Manggis, Setiabudi
        Tebet: Bukit Duri, Kebon Baru, Manggarai, Manggarai Selatan, Menteng Dalam, Tebet Barat, Tebet Timur""",
    "Jakarta Timur": """
        Cakung: Cakung Barat, Cakung Timur, Jatinegara, Penggilingan, Pulogebang, Rawa Terate, Ujung Menteng
        Cipayung: Bambu Apus, Ceger, Cilangkap, Cipayung, Lubang Buaya, Munjul, Pondok Ranggon, Setu
        Ciracas: Cibubur, Ciracas, Kelapa Dua Wetan, Rambutan, Susukan
        Duren Sawit: Duren Sawit, Klender, Malaka Jaya, Malaka Sari, Pondok Bambu, Pondok Kelapa, Pondok Kopi
        Jatinegara: Bali Mester, Bidara Cina, Cipinang Besar Utara, Cipinang Muara, Kampung Melayu, Rawa Bunga
        Kramat Jati: Balekambang, Batu Ampar, Cawang, Cililitan, Dukuh, Kampung Tengah, Kramat Jati
        Makasar: Cipinang Melayu, Halim Perdana Kusuma, Kebon Pala, Makasar, Pinang Ranti
        Matraman: Kayu Manis, Kebon Manggis, Pal Meriam, Pisangan Baru, Utan Kayu Selatan, Utan Kayu Utara
        Pasar Rebo: Baru, Cijantung, Gedong, Kalisari, Pekayon
        Pulo Gadung: Cipinang, Jati, Jatinegara Kaum, Kayu Putih, Pisangan Timur, Pulo Gadung, Rawamangun""",
    "Kepulauan Seribu": """
        Kepulauan Seribu Utara: Pulau Kelapa, Pulau Harapan, Pulau Panggang
        Kepulauan Seribu Selatan: Pulau Pari, Pulau Tidung, Pulau Untung Jawa""",
}


def _parse_districts(text: str) -> dict[str, tuple[str, ...]]:
    lines = (line.strip().split(": ", 1) for line in text.strip().splitlines())
    return {district: tuple(villages.split(", ")) for district, villages in lines}


DISTRICTS_BY_REGENCY: Final = {regency: _parse_districts(listed) for regency, listed in _DISTRICT_LISTS.items()}
"""Districts of each regency with their villages."""
REGENCY_BY_DISTRICT: Final = {
    district: regency for regency, districts in DISTRICTS_BY_REGENCY.items() for district in districts
}


def list_districts(regency: str | None = None) -> list[str]:
    """List the districts of one regency, or of all.

    Of all, they are taken in turn from each, so the first few lie far apart.
    """
    if regency is not None:
        return list(DISTRICTS_BY_REGENCY[regency])
    return _interleave([list(districts) for districts in DISTRICTS_BY_REGENCY.values()])


def list_villages(regency: str | None = None) -> list[tuple[str, str]]:
    """Pairs of district and village, taken in turn from each district."""
    of = {d: v for r, listed in DISTRICTS_BY_REGENCY.items() if regency in {None, r} for d, v in listed.items()}
    return _interleave([[(district, village) for village in of[district]] for district in list_districts(regency)])


def _interleave(lists: list[list[Place]]) -> list[Place]:
    longest = max(len(one) for one in lists)
    return [one[k] for k in range(longest) for one in lists if k < len(one)]
