"""How fast, how large, how much memory: xlnn beside the libraries that write workbooks.

    python -m tests.benchmarks

Every measurement is a process of its own; sizes, tools and repetitions take turns, so that a
machine that is busy for a while is busy for all of them.
"""
