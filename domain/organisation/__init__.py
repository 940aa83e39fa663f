"""Organisation: units of the province and their positions (peta jabatan)."""
