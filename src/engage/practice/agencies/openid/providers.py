"""Which agencies have a provider of their own: a file in TOML, named by ENGAGE_OPENID_FILE.

    [[provider]]
    id = "police"                       # in addresses: letters, digits, hyphens
    name = "Lancashire Constabulary"    # on the page
    agency = "LANCS-POL"                # code of the agency whose staff it signs in
    issuer = "https://id.police.example"
    client_id = "engage"
    secret_file = "/run/secrets/police" # or secret = "…"
    amr = ["mfa", "hwk", "fido"]        # any one of these says that a second factor was shown
    acr = []                            # so does any one of these
    longest_minutes = 480               # since the person signed in there; at most 720

Standard library only: the settings read it before anything else is there.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ON_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
LONGEST_MINUTES = 720
NEEDED = ("id", "name", "agency", "issuer", "client_id")


class NotConfigured(Exception):
    """The file cannot be used; the message names the provider and says what is wrong."""


def social_apps(file: str) -> list[dict[str, Any]]:
    """The providers of this file as the sign-in library wants them; none where no file is named."""
    if not file:
        return []
    try:
        said = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise NotConfigured(f"ENGAGE_OPENID_FILE cannot be read: {problem}") from problem
    apps = [_app(one) for one in said.get("provider", [])]
    ids = [one["provider_id"] for one in apps]
    if len(ids) != len(set(ids)):
        raise NotConfigured("Two providers have the same id.")
    return apps


def _app(said: dict[str, Any]) -> dict[str, Any]:
    name = said.get("id", "?")
    missing = [key for key in NEEDED if not said.get(key)]
    if missing:
        raise NotConfigured(f"Provider {name}: {', '.join(missing)} missing.")
    if not re.fullmatch(r"[a-z0-9-]{1,30}", name):
        raise NotConfigured(f"Provider {name}: the id has small letters, digits and hyphens alone.")
    issuer = urlsplit(said["issuer"])
    if issuer.scheme != "https" and issuer.hostname not in ON_THIS_MACHINE:
        raise NotConfigured(f"Provider {name}: the issuer begins with https://.")
    secret = said.get("secret") or (
        Path(said["secret_file"]).read_text().strip() if "secret_file" in said else ""
    )
    if not secret:
        raise NotConfigured(f"Provider {name}: secret or secret_file missing.")
    minutes = said.get("longest_minutes", LONGEST_MINUTES)
    if not 0 < minutes <= LONGEST_MINUTES:
        raise NotConfigured(f"Provider {name}: longest_minutes is from 1 to {LONGEST_MINUTES}.")
    return {
        "provider_id": name,
        "name": said["name"],
        "client_id": said["client_id"],
        "secret": secret,
        "settings": {
            "server_url": said["issuer"].rstrip("/"),
            "issuer": said["issuer"],
            "agency": said["agency"],
            "amr": said.get("amr", []),
            "acr": said.get("acr", []),
            "longest_seconds": minutes * 60,
            "fetch_userinfo": False,
            "oauth_pkce_enabled": True,
            "scope": ["openid"],
        },
    }
