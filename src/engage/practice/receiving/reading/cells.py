"""One cell of text to one typed value. What is wrong goes to `note`; the value as sent is kept beside it.

Values: date; datetime in UTC (a plain date where no hour was sent: test for datetime first); bool; int;
str; tuple of str for codes and names; LegacyName; Birth. None where the cell is empty or cannot be used.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from engage.methods import identifiers
from engage.methods.births import Birth, NeedsJudgement, read_birth
from engage.methods.moments import (
    DateDoesNotExist,
    HourNeedsAPerson,
    UnreadableMoment,
    read_date,
    read_date_or_moment,
)
from engage.methods.names import LegacyName, read_legacy_name
from engage.methods.ssda903 import read_903_date
from engage.practice.receiving.reading.formats import Column, code_lists
from engage.practice.receiving.reading.tables import header_key

OLDEST = 120  # years; as methods.births
Note = Callable[[str, str, str], None]  # outcome, reason code, sentence
Reader = Callable[[str, Note], object]

TEXT_TYPES = frozenset({"reference", "text", "name", "district"})

# Control characters but for tab and line ends; characters that turn the reading direction or have no width and no
# meaning in a name; lone surrogates. Joiners (200C, 200D) stay: some scripts spell with them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def cleaned(text: str) -> tuple[str, bool]:
    """Text without hidden characters and outer blanks, and whether any hidden ones were taken out."""
    if text.isascii() and text.isprintable():
        return text.strip(), False
    kept = _UNWANTED.sub("", text)
    return unicodedata.normalize("NFC", kept).strip(), len(kept) != len(text)


def storable(text: str) -> str:
    """The text as sent, but for what a database cannot hold (NUL, lone surrogates), shown as U+FFFD."""
    return text if text.isascii() and "\0" not in text else _NOT_STORABLE.sub("\ufffd", text)


def text_of_day_number(text: str, since_1904: bool) -> str | None:
    """A spreadsheet's number of days as ISO text; None where the number is not a day of our time."""
    try:
        days = float(text)
    except ValueError:
        return None
    if not 10_000 <= days <= 80_000:  # 1927 to 2119; below lie years and ages
        return None
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)
    moment = first + timedelta(seconds=round(days * 86_400))
    return f"{moment:%Y-%m-%d}" if days == int(days) else f"{moment:%Y-%m-%dT%H:%M:%S}"


def reader_of(column: Column) -> Reader:
    """How cells of this column are read; the text given to it is cleaned and not empty."""
    match column.type:
        case "reference" | "text" if column.to == "identity.council_child_id":
            return _council_child_id
        case "integer" if column.to == "identity.age":
            return _age
        case "date" if column.date_layout:
            return _date_in_layout(column)
        case "code" | "sex":
            return _code(column)
        case "codes":
            return _codes(column)
        case "full_name":
            return _full_name(column)
    return _READERS[column.type]


def _text(text: str, note: Note) -> str:
    return text


def _one_line(text: str, note: Note) -> str:
    return " ".join(text.split())


def _date(text: str, note: Note) -> date | None:
    try:
        return read_date(text)
    except UnreadableMoment as error:
        note("rejected", _date_reason(error), error.sentence)
        return None


def _date_reason(error: UnreadableMoment) -> str:
    return "date_does_not_exist" if isinstance(error, DateDoesNotExist) else "not_a_date"


def _date_in_layout(column: Column) -> Reader:
    def read(text: str, note: Note) -> date | None:
        found = read_903_date(text)
        if found is None and re.fullmatch(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", text):
            note("rejected", "date_does_not_exist", "There is no such day in the calendar.")
        elif found is None and not column.statutory_date:
            note("rejected", "not_a_date", "Write the date as DD/MM/YYYY.")
        return found

    return read


def _datetime(text: str, note: Note) -> date | datetime | None:
    try:
        found = read_date_or_moment(text)
    except UnreadableMoment as error:
        note("rejected", _date_reason(error), error.sentence)
        return None
    except HourNeedsAPerson as error:
        note("held", "hour_needs_a_person", error.sentence)
        return None
    if not isinstance(found, datetime):
        note("flag", "no_hour", "Only the day was sent. Send the time of day too, if it is known.")
        return found
    return found.astimezone(UTC)


def read_birth_text(text: str, note: Note, counted_from: object) -> Birth | None:
    opened = counted_from if isinstance(counted_from, date) else None
    try:
        return read_birth(text, opened)
    except DateDoesNotExist as error:
        note("rejected", "date_does_not_exist", error.sentence)
    except NeedsJudgement as error:
        note("held", "birth_needs_judgement", error.sentence)
    return None


def _integer(text: str, note: Note) -> int | None:
    if found := re.fullmatch(r"([0-9]{1,9})(\.0+)?", text):
        return int(found[1])
    note("rejected", "not_a_number", "Write a whole number in digits alone.")
    return None


def _age(text: str, note: Note) -> int | None:
    age = _integer(text, note)
    if age is not None and age > OLDEST:
        note(
            "held", "age_needs_judgement", "The age is not one a person can have. Check it and send it again."
        )
        return None
    return age


_YES = frozenset({"y", "yes", "true", "1"})
_NO = frozenset({"n", "no", "false", "0"})


def _flag(text: str, note: Note) -> bool | None:
    said = text.casefold()
    if said in _YES:
        return True
    if said in _NO:
        return False
    note(
        "flag",
        "unknown_code",
        "Write Y or N, or leave it empty. The value is kept as sent and counts as not said.",
    )
    return None


def _known_codes(column: Column) -> tuple[dict[str, str], tuple[str, ...]]:
    """Codes by the form they are compared in, and the beginnings after which anything may follow."""
    codes = set(column.allowed) | set(code_lists()[column.code_list] if column.code_list else ())
    whole = {header_key(code): column.meaning.get(code, code) for code in codes if not code.endswith("*")}
    return whole, tuple(code[:-1] for code in codes if code.endswith("*"))


_UNKNOWN_CODE = "This code is not in the list for this column. The value is kept as sent."


def _code(column: Column) -> Reader:
    whole, beginnings = _known_codes(column)

    def read(text: str, note: Note) -> str:
        if (code := whole.get(header_key(text))) is not None:
            return code
        for beginning in beginnings:
            rest = text[len(beginning) :].strip()
            if text.casefold().startswith(beginning.casefold()) and rest:
                return beginning + rest
        note("flag", "unknown_code", _UNKNOWN_CODE)
        return text

    return read


def _codes(column: Column) -> Reader:
    whole, _ = _known_codes(column)

    def read(text: str, note: Note) -> tuple[str, ...]:
        parts = [part.strip() for part in re.split(r"[;,\n]" if whole else r"[;\n]", text)]
        found = dict.fromkeys(whole.get(header_key(part), part) for part in parts if part)
        if whole and not set(found) <= set(whole.values()):
            note("flag", "unknown_code", _UNKNOWN_CODE)
        return tuple(found)

    return read


def _names(text: str, note: Note) -> tuple[str, ...]:
    parts = (" ".join(part.split()) for part in re.split(r"[;\n]", text))
    return tuple(dict.fromkeys(part for part in parts if part))


_NAME_NOT_KNOWN = frozenset({"unknown", "notknown", "notgiven", "none", "na", "n/a", "anonymous", "-", "?"})


def _full_name(column: Column) -> Reader:
    def read(text: str, note: Note) -> LegacyName | None:
        if column.one_name == "forename":
            if header_key(text) in _NAME_NOT_KNOWN:
                note("flag", "name_not_given", "No name was given.")
                return None
            if re.fullmatch(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*", text):
                note(
                    "flag",
                    "one_name",
                    "One name alone is taken as a forename. Send the surname too, if it is known.",
                )
                return LegacyName("", text, None)
        try:
            return read_legacy_name(text)
        except NeedsJudgement as error:
            note("held", "name_cannot_be_split", error.sentence)
            return None

    return read


def _postcode(text: str, note: Note) -> str:
    found = identifiers.read_postcode(text)
    if found is None:
        note("flag", "postcode_not_readable", "This is not a whole postcode or a postcode district.")
        return text
    return found.unit or found.district


def _nhs_number(text: str, note: Note) -> str:
    if not identifiers.nhs_number_is_valid(text):
        note(
            "flag",
            "bad_check_digit",
            "This is not an NHS number: ten digits with a check digit. Check it and send it again.",
        )
        return text
    return identifiers.normalise_nhs_number(text) or text


def _council_child_id(text: str, note: Note) -> str:
    if not identifiers.ssda903_child_id_is_valid(text):
        note(
            "flag",
            "identifier_form",
            "The child identifier has up to 20 letters and digits and nothing else.",
        )
    return text


def _upn(text: str, note: Note) -> str:
    if not (identifiers.upn_is_valid(text) or identifiers.upn_kind(text) == "reason_unknown"):
        note(
            "flag",
            "bad_check_digit",
            "This is not a unique pupil number: check its letter and digits and send it again.",
        )
        return text
    return identifiers.normalise_upn(text)


def _phone(text: str, note: Note) -> str:
    found = identifiers.normalise_phone(text)
    if found is None:
        note(
            "flag",
            "phone_not_readable",
            "This is not a phone number that can be rung. The value is kept as sent.",
        )
    return found or text


_READERS: dict[str, Reader] = {
    "reference": _one_line,
    "text": _text,
    "name": _one_line,
    "district": _one_line,
    "date": _date,
    "datetime": _datetime,
    "integer": _integer,
    "flag": _flag,
    "names": _names,
    "postcode": _postcode,
    "nhs_number": _nhs_number,
    "upn": _upn,
    "phone": _phone,
}
