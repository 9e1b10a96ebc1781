"""Recomputes a workbook with other engines and compares every cell."""
