"""Reads a workbook as it stands in a file, so that no file can do harm."""
