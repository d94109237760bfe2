"""The keyed hash by which a destroyed row is known again when its agency sends it once more."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def name_hash(agency_code: str, register: str, reference: str) -> bytes:
    """Of an agency's own name for a record or for a row it sent. Without the key nobody finds out which."""
    named = "\0".join(("destroyed", agency_code, register, reference))
    return hmac.new(settings.TOKEN_KEY, named.encode(), hashlib.sha256).digest()
