"""Units and positions: the tree of the province and its posts (peta jabatan)."""
