"""Whether a sealed bundle that somebody brings is what was handed over, still stands, and is for their notice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from engage.govuk.london_time import moment_words
from engage.methods.ledger import PublicKey
from engage.practice.access.gate import acting_as
from engage.practice.people.grouping import service

from .models import Bundle, BundleFile
from .queries import bundles, file_of
from .sealing import NotGenuine, Sealed, opened

State = Bundle.State


@dataclass(frozen=True)
class Verdict:
    word: Literal["genuine", "not genuine", "stale", "not for this notice"]
    sentence: str
    sealed: Sealed | None = None


def verdict(file: bytes, notice: str, keys: list[PublicKey], *, now: datetime) -> Verdict:
    """In this order: is it ours and unaltered, is it for this notice, does it still stand."""
    try:
        found = opened(file, keys)
    except NotGenuine as problem:
        return Verdict("not genuine", str(problem))
    if " ".join(notice.split()).casefold() != " ".join(found.notice.split()).casefold():
        return Verdict(
            "not for this notice",
            "It was made for another notice. A bundle answers the notice it was made for and no other.",
            found,
        )
    return _as_kept(found, file, now)


def _as_kept(found: Sealed, file: bytes, now: datetime) -> Verdict:
    with acting_as(service("service_receiver"), now=now) as engage:
        bundle = bundles(engage.staff).filter(number=found.number, edition=found.edition).first()
        if bundle is None or bundle.released_at is None:
            return Verdict("not genuine", "Forged: the register of bundles has none of that number.", found)
        kept = file_of(bundle, BundleFile.Kind.SEALED, engage.staff)
        if kept.manifest_sha256 != found.manifest_sha256:
            return Verdict("not genuine", "Forged: the register has another bundle of that number.", found)
        if kept.sha256 != hashlib.sha256(file).hexdigest():
            return Verdict(
                "not genuine", "Altered: its items are as sealed, and the file was packed again.", found
            )
        if bundle.state == State.RECALLED:
            return Verdict(
                "stale",
                f"It was recalled on {moment_words(bundle.recalled_at)}. Do not use it; ask for the present one.",
                found,
            )
        if bundle.state != State.RELEASED:
            return Verdict("stale", "A later edition took its place. Ask for that one.", found)
    return Verdict(
        "genuine",
        f"{found.number}, edition {found.edition}, sealed for {found.asked_by}: {found.items} parts, none altered,"
        " none missing.",
        found,
    )
