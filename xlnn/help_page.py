"""What ``xlnn --help`` prints.

Loading click takes longer than four times Python's own start. So the page that is asked for most
is kept here as click renders it; a test compares the two.
"""

HELP = """\
Usage: xlnn [OPTIONS] COMMAND [ARGS]...

  Neural networks as annotated Excel workbooks: every number live, explained and
  proven.

  Start with "xlnn demo", then open the workbook that it names.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  demo      Build the worked example, audit it, and print what was found.
  examples  List the ready examples.
  build     Build a workbook from SOURCE, then audit it.
  map       Show where every matrix is in WORKBOOK.
  audit     Recompute WORKBOOKS with other programs and compare every cell with
            NumPy.
  compare   Tell which inputs, formulas and values differ between the workbooks
            A and B.
"""
