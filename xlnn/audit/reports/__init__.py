"""Reports as files: JSON for programs, HTML to read and print, Excel with the cells marked."""
