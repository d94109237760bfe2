"""What the columns of a file are: read into identity records, whoever the file is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from engage.methods.identifiers import normalise_phone, read_postcode
from engage.methods.linkage.records import IdentityRecord

from .tables import NotUsable, need_columns

# Field, and the comparisons it takes part in.
FIELDS: dict[str, tuple[str, ...]] = {
    "given": ("given name",),
    "surname": ("surname",),
    "full_name": ("given name", "surname"),
    "aliases": ("given name", "surname"),
    "dob": ("date of birth",),
    "birth_year": ("date of birth",),
    "sex": ("sex",),
    "postcode": ("place",),
    "place": ("named place",),
    "nhs": ("NHS number",),
    "upn": ("UPN",),
    "phone": ("phone",),
    "occupation": ("occupation",),
}
# A postcode of another country, which names an area and no more: `usable` finds out.
AREA_CODE = "area code"
DAY_FORMS = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")


def read_fields(text: str) -> dict[str, str]:
    """ "given=forename,surname=family_name": column of each field."""
    column_of: dict[str, str] = {}
    for part in text.split(","):
        field, equals, column = (word.strip() for word in part.partition("="))
        if not equals or not column:
            raise NotUsable(f"--fields: “{part.strip()}” is not of the form field=column.")
        if field not in FIELDS:
            raise NotUsable(f"--fields: there is no field “{field}”. Fields: {', '.join(FIELDS)}.")
        if field in column_of:
            raise NotUsable(f"--fields: “{field}” is named twice.")
        column_of[field] = column
    if not {"given", "surname", "full_name"} & column_of.keys():
        raise NotUsable("--fields: name at least one of given, surname, full_name.")
    return column_of


# What stands where nothing is known. A birth date or a number is nobody's if more than one record in a hundred has it.
WORDS_FOR_NOT_KNOWN = ("unknown", "not known", "not given", "not stated", "n/a", "none", "null", "-", "?")
NOT_SHARED_BY_MANY = frozenset({"dob", "nhs", "upn", "phone"})
LEAST_RECORDS_OF_NOBODY, SHARE_OF_NOBODY = 50, 0.01


def without_what_stands_for_not_known(
    table: pl.DataFrame, column_of: Mapping[str, str]
) -> tuple[pl.DataFrame, list[str]]:
    """The table with such values taken out, and a sentence for each that many records have."""
    notes = []
    for field, column in column_of.items():
        values = table[column]
        nobodys = [value for value in values.unique() if value and value.lower() in WORDS_FOR_NOT_KNOWN]
        if field in NOT_SHARED_BY_MANY:
            common = (
                values.drop_nulls()
                .value_counts(name="records")
                .filter(
                    (pl.col("records") >= LEAST_RECORDS_OF_NOBODY)
                    & (pl.col("records") > SHARE_OF_NOBODY * len(table))
                )
            )
            for value, records in common.sort("records", column, descending=True).iter_rows():
                nobodys.append(value)
                notes.append(
                    f"Column “{column}”: {records:,} rows have one and the same {field}: taken as not known."
                )
        if nobodys:
            table = table.with_columns(pl.when(~pl.col(column).is_in(nobodys)).then(pl.col(column)))
    return table, notes


def usable(table: pl.DataFrame, path: Path, column_of: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The fields that say something, and a sentence for each that does not."""
    need_columns(table, path, column_of.values())
    kept, notes = {}, []
    for field, column in column_of.items():
        values = table[column].drop_nulls()
        if values.is_empty():
            notes.append(f"Column “{column}” ({field}) is empty in every row: left out.")
            continue
        if field in UNREADABLE:
            wrong = [row for row, value in enumerate(table[column], 2) if value and UNREADABLE[field](value)]
            if len(wrong) == len(values) and field == "postcode":
                notes.append(
                    f"No value of column “{column}” is a British postcode: compared as the code of an area."
                )
                kept[AREA_CODE] = column
                continue
            if len(wrong) == len(values):
                notes.append(f"No value of column “{column}” can be read as {field}: left out.")
                continue
            if wrong:
                notes.append(
                    f"Column “{column}”: {len(wrong)} values cannot be read as {field}, the first in row {wrong[0]}; "
                    "not compared."
                )
        kept[field] = column
    if not {"given", "surname", "full_name"} & kept.keys():
        raise NotUsable(f"{path}: no row has a name in the columns named.")
    return kept, notes


def records(
    table: pl.DataFrame, id_column: str, source_column: str | None, column_of: Mapping[str, str]
) -> Iterator[IdentityRecord]:
    for row in table.iter_rows(named=True):
        said = {field: row[column] or "" for field, column in column_of.items()}
        source = (row[source_column] or "") if source_column else ""
        yield IdentityRecord(id=row[id_column], source=source, **_parts(said))


def _parts(said: dict[str, str]) -> dict[str, Any]:
    given, surname = said.get("given", ""), said.get("surname", "")
    further: tuple[str, ...] = ()
    if whole := said.get("full_name"):
        name = split_name(whole)
        further = tuple(other for other in (name.surname, *name.further) if other and other != surname)
        # Beside a column of first names, the whole name may have the second ones.
        given = name.given if name.given.startswith(given) else given
        surname = surname or name.surname
    aliases = [split_alias(alias) for alias in re.split(r"[;|]", said.get("aliases", "")) if alias.strip()]
    born = read_day(said.get("dob", ""))
    year = read_year(said.get("birth_year", "")) or (None if born else read_year(said.get("dob", "")[:4]))
    return {
        "forenames": given,
        "surname": surname,
        "known_as": " ".join(first for first, _ in aliases if first),
        "former_surnames": (*further, *(last for _, last in aliases if last)),
        "dob": born,
        "birth_earliest": date(year, 1, 1) if year and not born else None,
        "birth_latest": date(year, 12, 31) if year and not born else None,
        "sex": said.get("sex"),
        "district": said.get(AREA_CODE),
        "postcodes": (said["postcode"],) if said.get("postcode") else (),
        "named_place": said.get("place", ""),
        "nhs_number": said.get("nhs"),
        "upn": said.get("upn"),
        "phone": said.get("phone"),
        "occupation": said.get("occupation", ""),
    }


class WholeName(NamedTuple):
    given: str
    surname: str
    further: tuple[str, ...] = ()  # other words that may be a surname: of a title


def split_name(whole: str) -> WholeName:
    """ "Holden, Kate Ann"; "Dr Kate Ann Holden"; "Thomas Clifford, 1st Baron Clifford of Chudleigh"."""
    before, comma, after = whole.partition(",")
    if comma and not any(map(_of_a_title, after.split())):
        return WholeName(after.strip(), before.strip())
    words = whole.replace(",", " ").split()
    while len(words) > 1 and words[0].strip(".").lower() in FORMS_OF_ADDRESS:
        words = words[1:]
    title = next((place for place, word in enumerate(words) if place and _of_a_title(word)), len(words))
    name = words[:title]
    further = tuple(
        word for word in words[title:] if not _of_a_title(word) and word.lower() not in ("of", "the")
    )
    if len(name) == 1:
        if further:  # "Thomas, 1st Baron Chudleigh"
            return WholeName(name[0], further[-1], further[:-1])
        name = words  # "Marcus Earl", or one word
    return WholeName(" ".join(name[:-1]), name[-1] if name else "", further)


FORMS_OF_ADDRESS = frozenset(
    ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "lord", "lady", "rev", "revd", "hon")
)
RANKS = frozenset(
    ("baron", "baroness", "baronet", "bt", "earl", "duke", "duchess", "viscount", "viscountess", "marquess", "marquis",
     "count", "countess", "jr", "jnr", "sr", "snr", "esq", "ii", "iii", "iv")
)  # fmt: skip


def _of_a_title(word: str) -> bool:
    word = word.strip(".").lower()
    return word in RANKS or re.fullmatch(r"\d+(st|nd|rd|th)", word) is not None


def split_alias(alias: str) -> tuple[str, str]:
    """One word is a given name; of several the last is a surname."""
    name = split_name(alias)
    return (name.given.split()[0], name.surname) if name.given else (name.surname, "")


@lru_cache(maxsize=100_000)
def read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        pass
    for form in DAY_FORMS:
        try:
            return datetime.strptime(text[:10], form).date()
        except ValueError:
            continue
    return None


def read_year(text: str) -> int | None:
    return int(text[:4]) if re.fullmatch(r"\d{4}(\.0)?", text) and int(text[:4]) > 0 else None


@lru_cache(maxsize=100_000)
def _no_postcode(text: str) -> bool:
    place = read_postcode(text)
    return not (place and place.names_a_place)


UNREADABLE: dict[str, Callable[[str], bool]] = {
    "dob": lambda text: read_day(text) is None,
    "birth_year": lambda text: read_year(text) is None,
    "postcode": _no_postcode,
    "phone": lambda text: normalise_phone(text) is None,
}
