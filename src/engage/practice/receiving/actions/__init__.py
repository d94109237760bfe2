"""Receiving a file: nothing acknowledged is lost, and nothing is half done."""

from .added_formats import add_format
from .chunks import FileNotFinished
from .files import (
    RECEIPT,
    ROWS_AT_ONCE,
    Received,
    prepare_compartments,
    receive_file,
    receiver,
    refuse_upload,
    refusing_malware,
    sha256_of,
)

__all__ = [
    "RECEIPT",
    "ROWS_AT_ONCE",
    "FileNotFinished",
    "Received",
    "add_format",
    "prepare_compartments",
    "receive_file",
    "receiver",
    "refuse_upload",
    "refusing_malware",
    "sha256_of",
]
