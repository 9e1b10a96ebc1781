"""The version of xlnn, for workbooks, reports and the command line."""

VERSION = "0.1.0"
