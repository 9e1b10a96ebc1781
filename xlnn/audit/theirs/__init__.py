"""Audits a workbook that somebody built by hand, by a map of where its matrices are."""
