"""Receiving a file: nothing acknowledged is lost, and nothing is half done."""

from .added_formats import add_format
from .files import ROWS_AT_ONCE, Received, receive_file, receiver, sha256_of

__all__ = ["ROWS_AT_ONCE", "Received", "add_format", "receive_file", "receiver", "sha256_of"]
