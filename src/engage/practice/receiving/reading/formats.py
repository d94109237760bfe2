"""Formats: what the columns of a feed mean. They are data (TOML), so that an administrator can add one.

A column's `to` says what its value becomes:
  identity.*   surname forenames known_as full_name dob birth_text age sex ethnicity nhs_number upn council_child_id
               phone address postcode district address_from address_to reference (the agency's own number)
  fact.KIND    a fact about the child; the shipped kinds are listed in `reference/fact-kinds.csv`
  missing.* interview.* referral.* call.*   fields of those records
  legacy.*     persons of concern and links of an older operation, held
`category` is the category of data (C01 to C26, C01L location, C03P places of an episode), or "row": the category of
the whole row, which may hang on a value in it (`raw_category_from`).
"""

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from engage.practice.receiving.reading.tables import header_key

REFERENCE = Path(__file__).resolve().parents[3] / "reference"
FORMATS = REFERENCE / "formats"

TYPES = frozenset(
    [
        "reference",
        "text",
        "name",
        "full_name",
        "date",
        "datetime",
        "birth_text",
        "integer",
        "flag",
        "code",
        "codes",
        "names",
        "postcode",
        "nhs_number",
        "upn",
        "phone",
        "district",
        "sex",
    ]
)
IDENTITY_FIELDS = frozenset(
    [
        "surname",
        "forenames",
        "known_as",
        "full_name",
        "dob",
        "birth_text",
        "age",
        "sex",
        "ethnicity",
        "nhs_number",
        "upn",
        "council_child_id",
        "phone",
        "address",
        "postcode",
        "district",
        "address_from",
        "address_to",
        "reference",
    ]
)
RECORDS = frozenset({"fact", "missing", "interview", "referral", "call", "legacy"})
SENDER_KINDS = frozenset(
    ["police", "council", "health", "drugs_service", "hospital", "charity", "team", "school", "board"]
)
CATEGORY = re.compile(r"C0[1-9]|C1\d|C2[0-6]|C01L|C03P")


class FormatError(ValueError):
    """The TOML text of a format is wrong; the message names the line or the key."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A part of a value that goes somewhere else, such as the month of a contact. `part`: "month"."""

    part: str
    to: str
    category: str

    def of(self, value: object) -> str | None:
        """The month as YYYY-MM."""
        return f"{value:%Y-%m}" if isinstance(value, date | datetime) else None


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    title: str
    type: str
    to: str
    category: str
    help: str
    required: bool = False  # a row without it is rejected
    in_header: bool = False  # the file must have the column, a row may leave it empty
    allowed: tuple[str, ...] = ()  # "duplicate_of:*" allows any ending
    code_list: str | None = None
    meaning: Mapping[str, str] = field(default_factory=dict)  # sent code -> our code
    date_layout: str | None = None  # "DD/MM/YYYY" where no other is allowed
    statutory_date: bool = False  # a date not in the layout is for the statutory rules to judge
    counted_from: str | None = None  # column with the day an age in a birth text is counted from
    one_name: str = "hold"  # a full name of one word: "hold" the row, or take it as a "forename"
    derived: tuple[Derived, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    reason_code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a format. `name` is None where the file is one table: a CSV, or the first sheet."""

    name: str | None
    columns: tuple[Column, ...]
    row_reference: tuple[str, ...]
    identity_reference: tuple[str, ...]
    raw_category: str
    ordinal_by: tuple[str, ...] = ()
    raw_category_from: tuple[str, Mapping[str, str]] | None = None
    hold: Hold | None = None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def category_of_row(self, values: Mapping[str, object]) -> str:
        """Category of the row as sent: the strictest in it."""
        if self.raw_category_from is None:
            return self.raw_category
        name, categories = self.raw_category_from
        return categories.get(str(values.get(name)), self.raw_category)

    def category_of(self, column: Column | Derived, values: Mapping[str, object]) -> str:
        return self.category_of_row(values) if column.category == "row" else column.category


@dataclass(frozen=True, slots=True)
class Format:
    code: str
    title: str
    sender_kinds: tuple[str, ...]
    kind: str
    file_types: tuple[str, ...]
    sheets: tuple[Sheet, ...]
    statutory_rules: str | None = None
    text: str = ""  # the TOML it was read from

    @property
    def comes_as(self) -> str:
        return " or ".join(name.upper() for name in self.file_types)


WITHDRAWN = Column(
    name="withdrawn",
    title="Withdrawn",
    type="flag",
    to="",
    category="row",
    help="Y if the sender withdraws the record.",
)


def parse_format(text: str) -> Format:
    """Read and check a format. Raises FormatError in words an administrator can act on."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"This is not TOML: {error}.") from error
    keys = _Keys(data, text, "")
    sheets = data.pop("sheet", None)
    code = keys.text("code")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code):
        keys.wrong("code", "use small letters, digits and hyphens")
    found = Format(
        code=code,
        title=keys.text("title"),
        sender_kinds=keys.texts("sender_kinds", SENDER_KINDS),
        kind=keys.text("kind", {"increment", "snapshot"}),
        file_types=keys.texts("file_types", {"csv", "xlsx"}),
        statutory_rules=keys.text("statutory_rules", {"ssda903"}, default=None),
        text=text,
        sheets=() if sheets else (_sheet(keys, name=None),),
    )
    if sheets:
        if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
            keys.wrong("sheet", "write each sheet as [[sheet]]")
        if "csv" in found.file_types:
            keys.wrong("file_types", "a format with named sheets can only be xlsx")
        read = []
        for number, table in enumerate(sheets, start=1):
            inner = _Keys(table, text, f"sheet {number}, ")
            read.append(_sheet(inner, name=inner.text("name")))
            inner.nothing_left()
        names = [header_key(sheet.name or "") for sheet in read]
        if len(set(names)) != len(names):
            keys.wrong("sheet", "two sheets have the same name")
        found = replace(found, sheets=tuple(read))
    keys.nothing_left()
    return found


def _sheet(keys: "_Keys", name: str | None) -> Sheet:
    tables = keys.data.pop("column", None)
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        keys.wrong("column", "at least one [[column]] is needed")
    columns = tuple(_column(_Keys(table, keys.source, keys.where)) for table in tables)
    names = [header_key(column.name) for column in columns]
    for header in names:
        if names.count(header) > 1:
            keys.wrong("column", f"the column {header} is there twice")
    known = {column.name for column in columns}
    for column in columns:
        if column.counted_from and column.counted_from not in known:
            keys.wrong("counted_from", f"{column.counted_from} is not a column")

    row_reference = keys.texts("row_reference", known)
    if not any(column.required for column in columns if column.name in row_reference):
        keys.wrong("row_reference", "one of its columns must have required = true")
    hold = keys.data.pop("hold", None)
    by_value = keys.data.pop("raw_category_from", None)
    if by_value is not None:
        if not isinstance(by_value, dict) or by_value.get("column") not in known:
            keys.wrong("raw_category_from", "name one of the columns as column")
        values = by_value.get("values")
        if not isinstance(values, dict) or not all(CATEGORY.fullmatch(str(c)) for c in values.values()):
            keys.wrong("raw_category_from", "give values as { value = category }")
        by_value = (by_value["column"], values)
    if hold is not None and (not isinstance(hold, dict) or set(hold) != {"reason_code", "sentence"}):
        keys.wrong("hold", "give reason_code and sentence")
    return Sheet(
        name=name,
        columns=columns,
        row_reference=row_reference,
        identity_reference=keys.texts("identity_reference", known, default=()),
        raw_category=keys.category("raw_category"),
        ordinal_by=keys.texts("ordinal_by", known, default=()),
        raw_category_from=by_value,
        hold=Hold(**hold) if hold else None,
    )


def _column(keys: "_Keys") -> Column:
    name = keys.text("name")
    if header_key(name) == "withdrawn":
        keys.wrong("name", "withdrawn is part of every format and is not listed")
    keys.where += f"column {name}, "
    to = keys.text("to")
    _check_to(keys, to)
    meaning = keys.data.pop("meaning", {})
    if not isinstance(meaning, dict):
        keys.wrong("meaning", "give { sent = meant }")
    code_list = keys.text("code_list", default=None)
    if code_list is not None and code_list not in code_lists():
        keys.wrong(
            "code_list", f"there is no code list {code_list}; there are {', '.join(sorted(code_lists()))}"
        )
    derived = []
    for table in keys.data.pop("derived", []):
        inner = _Keys(table, keys.source, f"{keys.where}derived, ")
        made = Derived(inner.text("part", {"month"}), inner.text("to"), inner.category("category"))
        _check_to(inner, made.to)
        inner.nothing_left()
        derived.append(made)
    column = Column(
        name=name,
        title=keys.text("title", default=name),
        type=keys.text("type", TYPES),
        to=to,
        category=keys.category("category"),
        help=keys.text("help", default=""),
        required=keys.flag("required"),
        in_header=keys.flag("in_header"),
        allowed=keys.texts("allowed", default=()),
        code_list=code_list,
        meaning=meaning,
        date_layout=keys.text("date_layout", {"DD/MM/YYYY"}, default=None),
        statutory_date=keys.flag("statutory_date"),
        counted_from=keys.text("counted_from", default=None),
        one_name=keys.text("one_name", {"hold", "forename"}, default="hold"),
        derived=tuple(derived),
    )
    if column.type in ("code", "sex") and not (column.allowed or column.code_list):
        keys.wrong("type", "give allowed or code_list for a code")
    keys.nothing_left()
    return column


def _check_to(keys: "_Keys", to: str) -> None:
    record, _, name = to.partition(".")
    if record == "identity":
        if name not in IDENTITY_FIELDS:
            keys.wrong("to", f"identity has no field {name}")
    elif record not in RECORDS or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        keys.wrong("to", f"write identity.FIELD or one of {', '.join(sorted(RECORDS))} with a field")


_NEEDED: Any = object()


class _Keys:
    """Takes the keys out of one TOML table, one by one; what is left at the end is a key we do not know."""

    def __init__(self, data: dict[str, Any], source: str, where: str) -> None:
        self.data, self.source, self.where = data, source, where

    def wrong(self, key: str, why: str) -> None:
        lines = self.source.splitlines()
        about = re.search(r"column (\S+), ", self.where)
        wanted = f'"{about[1]}"' if about else key
        line = next((n for n, text in enumerate(lines, 1) if wanted in text), None)
        raise FormatError(f"{f'Line {line}, ' if line else ''}{self.where}{key}: {why}.")

    def _take(self, key: str, default: Any) -> Any:
        if key not in self.data and default is _NEEDED:
            self.wrong(key, "is missing")
        return self.data.pop(key, default)

    def text(self, key: str, among: Any = None, default: Any = _NEEDED) -> Any:
        value = self._take(key, default)
        if value is default:
            return value
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, "give a text")
        if among is not None and value not in among:
            self.wrong(key, f"must be one of {', '.join(sorted(among))}")
        return value

    def texts(self, key: str, among: Any = None, default: Any = _NEEDED) -> tuple[str, ...]:
        value = self._take(key, default)
        if value is default:
            return value
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.wrong(key, "give a list of texts")
        for item in value:
            if among is not None and item not in among:
                self.wrong(key, f"{item} is not one of {', '.join(sorted(among))}")
        if default is _NEEDED and not value:
            self.wrong(key, "give at least one")
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self.data.pop(key, False)
        if not isinstance(value, bool):
            self.wrong(key, "write true or false")
        return value

    def category(self, key: str) -> str:
        value = self.text(key)
        if not CATEGORY.fullmatch(value) and not (key == "category" and value == "row"):
            self.wrong(key, "must be a category C01 to C26, C01L or C03P")
        return value

    def nothing_left(self) -> None:
        for key in self.data:
            self.wrong(key, "is not a key of a format")


@cache
def code_lists() -> dict[str, frozenset[str]]:
    """Codes by list, from the reference files; `indicators` are the exploitation indicators CE01 to CE50."""
    lists: dict[str, set[str]] = {}
    with (REFERENCE / "code-lists.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            lists.setdefault(row["list"], set()).add(row["code"])
    with (REFERENCE / "indicators.csv").open(encoding="utf-8", newline="") as file:
        lists["indicators"] = {row["id"] for row in csv.DictReader(file)}
    return {name: frozenset(codes) for name, codes in lists.items()}


@cache
def shipped_formats() -> dict[str, Format]:
    """The formats that come with the product, by code."""
    found = [parse_format(path.read_text(encoding="utf-8")) for path in sorted(FORMATS.glob("*.toml"))]
    return {format.code: format for format in found}
