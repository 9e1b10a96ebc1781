"""Spreadsheet programs that recompute a workbook; none shares code with xlnn."""
