"""Reading the files that agencies send: no database, no clock. See `reference/formats/*.toml` for what they hold."""

from engage.practice.receiving.reading.files import Reading, preview, read_file, sniff
from engage.practice.receiving.reading.formats import Format, FormatError, parse_format, shipped_formats
from engage.practice.receiving.reading.problems import FileRefused, Flag, Problem, write_problem_rows
from engage.practice.receiving.reading.rows import Row
from engage.practice.receiving.reading.tables import Limits

__all__ = [
    "FileRefused",
    "Flag",
    "Format",
    "FormatError",
    "Limits",
    "Problem",
    "Reading",
    "Row",
    "parse_format",
    "preview",
    "read_file",
    "shipped_formats",
    "sniff",
    "write_problem_rows",
]
