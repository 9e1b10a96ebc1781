"""The workbook: where everything stands, how it looks, and how it is written."""
