"""A province's scoring season: the workbook, what is read back from it, lists, commune pages."""
