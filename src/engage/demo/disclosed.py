"""Whether anything of a child stands in what left: on the wire, in another installation's rows, in its log.

Looked for as anybody would write it, and as programs do: in JSON, in addresses, in hexadecimal and in base64.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import quote

from engage.demo.building import as_owner
from engage.demo.files.sheets import writable
from engage.demo.names import plain_letters
from engage.methods.linkage.records import IdentityRecord

SHORT = 4  # letters; a shorter name is looked for as a word of its own: Ali is in every alias


def told_of(records: Iterable[IdentityRecord]) -> set[str]:
    """Each name, date, number and postcode of one child, as people write them."""
    words: set[str] = set()
    for record in records:
        names = (record.forenames, record.surname, record.known_as, *record.former_surnames)
        words |= {part for name in names for part in re.split(r"[\s'-]+", name) if len(part) > 2}
        words |= {plain_letters(word) for word in words}
        words |= set(_dates(record.dob)) if record.dob else set()
        for number in (record.nhs_number, record.upn, record.phone, *record.postcodes):
            if number:
                words |= {number, re.sub(r"\W", "", number)}
        if record.nhs_number:
            digits = re.sub(r"\W", "", record.nhs_number)
            words |= {f"{digits[:3]}{mark}{digits[3:6]}{mark}{digits[6:]}" for mark in " -"}
    return words


def _dates(day: date) -> Iterator[str]:
    for mark in ("", "-", "/", ".", " "):
        yield day.strftime(f"%Y{mark}%m{mark}%d")
        yield day.strftime(f"%d{mark}%m{mark}%Y")
        yield day.strftime(f"%m{mark}%d{mark}%Y")
    for month in ("%B", "%b"):
        yield f"{day.day} {day.strftime(f'{month} %Y')}"


def names_disclosed(left: dict[str, bytes], records: list[IdentityRecord]) -> int:
    """How often anything of a child stands in what left, by the place where it was left."""
    words, hits = told_of(records), 0
    for where, text in left.items():
        found = found_in(text, words)
        hits += len(found)
        for word in found:
            print(f"  disclosed {where}: {word}", flush=True)
    return hits


def found_in(text: bytes, words: Iterable[str]) -> list[str]:
    """Which of the words stand there, however written. `text` is anything at all."""
    folded = text.lower()
    return sorted(
        {
            word
            for word in words
            if any(re.search(form, folded) for form in _plain(word))
            or any(form in text for form in _base64(word))
        }
    )


def _plain(word: str) -> Iterator[bytes]:
    # Bytes are folded in their ASCII letters alone.
    spellings = {word, word.lower(), word.upper()}
    encoded = {one.encode() for one in spellings} | {
        writable(one, "cp1252").encode("cp1252") for one in spellings
    }
    for written in {one.lower() for one in encoded}:
        form = re.escape(written)
        yield form if len(word) >= SHORT else rb"(?<![a-z])" + form + rb"(?![a-z])"
        if len(word) >= SHORT:
            yield b"".join(
                b"(?:%02x|%02x)" % (one, ord(chr(one).upper())) if one < 128 else b"%02x" % one
                for one in written
            )
    if not word.isascii() or " " in word:
        for text in (
            json.dumps(word)[1:-1],
            json.dumps(word.lower())[1:-1],
            quote(word),
            quote(word.lower()),
        ):
            yield re.escape(text.lower().encode())


def _base64(word: str) -> Iterator[bytes]:
    """As it looks inside a longer text, which may begin at any of three places."""
    for written in {word, word.lower(), word.upper()}:
        as_bytes = written.encode()
        for before in range(3):
            encoded = b64encode(bytes(before) + as_bytes)
            first, last = -(-before * 8 // 6), (before + len(as_bytes)) * 8 // 6
            if last - first > SHORT:
                yield encoded[first:last]


def mark(database: str) -> str:
    """Rows written from now on have this number or a later one."""
    with as_owner(database) as there:
        (number,) = there.execute("SELECT pg_current_xact_id()::xid::text").fetchone() or ("",)
        return str(number)


def rows_since(database: str, marked: str) -> list[bytes]:
    """Every row of every table that was written since, as text. By the owner, for once past its own walls: nothing of
    that stays, for it is never committed."""
    with as_owner(database) as there:
        tables = there.execute(
            "SELECT c.oid::regclass::text, c.relforcerowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname = 'public' AND pg_has_role(c.relowner, 'USAGE')"
        ).fetchall()
        written: list[bytes] = []
        with there.transaction(force_rollback=True):
            for table, walled in tables:
                if walled:
                    there.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
                rows = there.execute(
                    f"SELECT one::text FROM {table} AS one WHERE age(one.xmin) <= age(%s::text::xid)",
                    [marked],
                )
                written += [f"{table} {row}".encode() for (row,) in rows]
        return written
