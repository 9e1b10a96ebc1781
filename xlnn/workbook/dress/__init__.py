"""What stands over the cells of a sheet: charts, choices, colours that follow the numbers."""
