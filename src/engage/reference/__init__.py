"""Code lists as data, each row with its source. README.md in this folder says what each file is.

Loaded once and kept; answers cannot be changed by the caller.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, cast

import yaml

Letter = Literal["F", "S", "R", "A", "N"]
ClockUnit = Literal["elapsed_hours", "working_days", "calendar_days", "months"]

ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Indicator:
    id: str
    domain: str
    label: str
    exploitation_types: tuple[str, ...]  # CSE, CCE, "harm while missing"; empty: history, of no one type
    source_ids: tuple[str, ...]


@dataclass(frozen=True)
class Ward:
    code: str
    name: str
    district_code: str
    district: str
    first_seen_in_source_year: int
    current: bool  # False: superseded by a later code


@dataclass(frozen=True)
class ProcessDeadline:
    id: str
    step: str
    who: str
    clock_start: str
    deadline: str
    amount: int | None  # None: the text names no number
    unit: ClockUnit | None
    clock_stop: str
    basis: str
    verification: str  # V, P, N: see README.md
    source_ids: tuple[str, ...]
    system_behaviour: str


@dataclass(frozen=True)
class RepeatTrigger:
    code: str
    label: str
    count: int
    within_days: int | None
    over_hours: int | None
    source: str
    verification: str


@dataclass(frozen=True)
class ReturnInterviewCode:
    code: str
    sent_as: str
    label: str


@dataclass(frozen=True)
class GlossaryTerm:
    term: str
    meaning: str
    verification: str
    source_ids: tuple[str, ...]


@dataclass(frozen=True)
class RetentionPeriod:
    record: str
    period: str
    runs_from: str
    basis: str
    verification: str
    source_ids: tuple[str, ...]


@dataclass(frozen=True)
class RetentionProposal:
    """A period of the list above for a kind of record that Engage holds. Nothing follows from it until it is adopted."""

    code: str
    record: str  # of RetentionPeriod
    register: str
    kind: str
    years: int
    counted_from: str
    verification: str
    source_ids: tuple[str, ...]
    note: str
    basis: str  # of RetentionPeriod


@dataclass(frozen=True)
class LawfulBasis:
    roles: tuple[str, ...]
    article_6_or_part_3: str
    special_category_or_criminal: str
    statute: str
    verification: str


@dataclass(frozen=True)
class CategoryOfData:
    """What a record of processing says of a category: of whom, whether of a special kind, and kept as which record."""

    category: str
    about: tuple[str, ...]
    special: str
    kept_as: str  # a record of retention.csv; empty where the list has none
    verification: str


@dataclass(frozen=True)
class Risk:
    """A row of the impact assessment, as its author judges it."""

    risk: str
    for_whom: str
    measure: str
    held_by: str  # `file::test`, or a page
    remains: str


@dataclass(frozen=True)
class SecurityRequirement:
    """One requirement of the Application Security Verification Standard 5.0, and how far it is met."""

    id: str
    level: int
    summary: str  # in our own words
    state: Literal["met", "partly", "not met", "does not apply"]
    where: tuple[str, ...]  # `file::test`, a file of the checkout, or `setting NAME`
    remark: str


@dataclass(frozen=True)
class WithholdingReason:
    code: str
    words: str
    told_as: str  # to who asked: the same for all that may not be told apart
    statute: str
    verification: str


@dataclass(frozen=True)
class SectorFailure:
    """What went wrong elsewhere, and what Engage must do for it. Tests carry its id: test_r7_…"""

    id: str
    case: str
    happened: str
    requirement: str
    source: str
    verification: str


@cache
def code_list(name: str) -> Mapping[str, str]:
    """Code to label, in the order of the file. Raises KeyError for a list that is not there."""
    found = {row["code"]: row["label"] for row in _rows("code-lists.csv") if row["list"] == name}
    found |= {code.code: code.label for code in return_interview_codes(name)}
    if not found:
        raise KeyError(name)
    return MappingProxyType(found)


@cache
def code_list_names() -> tuple[str, ...]:
    rows = (*_rows("code-lists.csv"), *_rows("return-interview-codes.csv"))
    return tuple(dict.fromkeys(row["list"] for row in rows))


@cache
def return_interview_codes(list_name: str) -> tuple[ReturnInterviewCode, ...]:
    """Of push_factor, pull_factor, harm_while_missing or offer_outcome; empty for another list."""
    return tuple(
        ReturnInterviewCode(row["code"], row["sent_as"], row["label"])
        for row in _rows("return-interview-codes.csv")
        if row["list"] == list_name
    )


@cache
def indicators() -> Mapping[str, Indicator]:
    return MappingProxyType(
        {
            row["id"]: Indicator(
                row["id"],
                row["domain"],
                row["indicator"],
                tuple(filter(None, row["exploitation_type"].split(","))),
                tuple(row["source_ids"].split()),
            )
            for row in _rows("indicators.csv")
        }
    )


@cache
def sharing_matrix() -> Mapping[tuple[str, str], Letter]:
    """(role, category) to letter, the two finer categories included."""
    return MappingProxyType(
        {
            (role, row["category"]): cast(Letter, letter)
            for row in _rows("sharing-matrix.csv")
            for role, letter in row.items()
            if role not in ("category", "label")
        }
    )


@cache
def roles() -> tuple[str, ...]:
    return tuple(dict.fromkeys(role for role, _ in sharing_matrix()))


@cache
def categories() -> Mapping[str, str]:
    """Category of data to its label: C01 to C26, C01L, C03P."""
    return MappingProxyType({row["category"]: row["label"] for row in _rows("sharing-matrix.csv")})


@cache
def districts() -> tuple[str, ...]:
    """Names by their bit number; the last is "elsewhere"."""
    numbered = {int(row["bit"]): row["area"] for row in _rows("geography.csv") if row["bit"]}
    return (*(numbered[bit] for bit in range(len(numbered))), ELSEWHERE)


def district_number(name: str) -> int:
    """Bit number of the district an address names, by its own or another name people use for it; that of
    "elsewhere" for any other text, empty too."""
    return _district_numbers().get(_plain(name), districts().index(ELSEWHERE))


def district_bits(names: Iterable[str]) -> int:
    """Area mask of the named districts. Raises KeyError for any other name:
    a mistyped district must not give a team the children from elsewhere."""
    mask = 0
    for name in names:
        mask |= 1 << _district_numbers()[_plain(name)]
    return mask


@cache
def wards() -> Mapping[str, Ward]:
    """By ward code, superseded codes included: older records carry them."""
    return MappingProxyType(
        {
            row["ward_code"]: Ward(
                row["ward_code"],
                row["ward_name"],
                row["la_code"],
                row["la_name"],
                int(row["first_seen_in_source_year"]),
                current=not row["status"].startswith("superseded"),
            )
            for row in _rows("wards.csv")
        }
    )


@cache
def process_deadlines() -> Mapping[str, ProcessDeadline]:
    return MappingProxyType(
        {
            row["id"]: ProcessDeadline(
                row["id"],
                row["step"],
                row["who"],
                row["clock_start"],
                row["deadline"],
                _number(row["amount"]),
                cast(ClockUnit | None, row["unit"] or None),
                row["clock_stop"],
                row["basis"],
                row["verification"],
                tuple(row["source_ids"].split()),
                row["system_behaviour"],
            )
            for row in _rows("process-deadlines.csv")
        }
    )


@cache
def repeat_triggers(own_file: str = "") -> tuple[RepeatTrigger, ...]:
    """Those of a partnership's own file, which has the same columns, or else ours; for
    `engage.methods.repeats.triggers_met`. Raises OSError or ValueError for a file that cannot be read."""
    if own_file:
        with open(own_file, encoding="utf-8-sig", newline="") as file:
            rows = tuple(csv.DictReader(file))
        if not rows or not set(_rows("repeat-triggers.csv")[0]) <= set(rows[0]):
            raise ValueError("it must have the columns of reference/repeat-triggers.csv, and a row")
    else:
        rows = _rows("repeat-triggers.csv")
    return tuple(
        RepeatTrigger(
            row["code"],
            row["label"],
            int(row["count"]),
            _number(row["within_days"]),
            _number(row["over_hours"]),
            row["source"],
            row["verification"],
        )
        for row in rows
    )


@cache
def police_ethnicity_of_dfe() -> Mapping[str, str]:
    """DfE code to police self-defined code. Loses detail: never store the answer instead of the code sent."""
    return MappingProxyType(
        {row["dfe_code"]: row["police_sde_code"] for row in _rows("ethnicity-crosswalk.csv")}
    )


@cache
def glossary() -> tuple[GlossaryTerm, ...]:
    return tuple(
        GlossaryTerm(row["term"], row["meaning"], row["verification"], tuple(row["source_ids"].split()))
        for row in _rows("glossary.csv")
    )


@cache
def retention_periods() -> tuple[RetentionPeriod, ...]:
    return tuple(
        RetentionPeriod(
            row["record"],
            row["period"],
            row["from"],
            row["basis"],
            row["verification"],
            tuple(row["source_ids"].split()),
        )
        for row in _rows("retention.csv")
    )


@cache
def retention_proposals() -> Mapping[str, RetentionProposal]:
    """By code. Raises KeyError for a record that retention.csv does not have."""
    basis = {period.record: period.basis for period in retention_periods()}
    return MappingProxyType(
        {
            row["code"]: RetentionProposal(
                row["code"],
                row["record"],
                row["register"],
                row["kind"],
                int(row["years"]),
                row["counted_from"],
                row["verification"],
                tuple(row["source_ids"].split()),
                row["note"],
                basis[row["record"]],
            )
            for row in _rows("retention-proposals.csv")
        }
    )


@cache
def lawful_bases() -> tuple[LawfulBasis, ...]:
    return tuple(
        LawfulBasis(
            tuple(role.strip() for role in row["roles"].split(",")),
            row["article_6_or_part_3"],
            row["special_category_or_criminal"],
            row["statute"],
            row["verification"],
        )
        for row in _rows("lawful-bases.csv")
    )


@cache
def categories_of_data() -> Mapping[str, CategoryOfData]:
    return MappingProxyType(
        {
            row["category"]: CategoryOfData(
                row["category"],
                tuple(filter(None, row["about"].split("; "))),
                row["special"],
                row["kept_as"],
                row["verification"],
            )
            for row in _rows("categories-of-data.csv")
        }
    )


@cache
def risks() -> tuple[Risk, ...]:
    return tuple(
        Risk(row["risk"], row["for_whom"], row["measure"], row["held_by"], row["remains"])
        for row in _rows("dpia-risks.csv")
    )


@cache
def security_requirements() -> tuple[SecurityRequirement, ...]:
    """Levels 1 and 2."""
    return tuple(
        SecurityRequirement(
            row["id"],
            int(row["level"]),
            row["summary"],
            cast(Any, row["state"]),
            tuple(filter(None, row["where"].split("; "))),
            row["remark"],
        )
        for row in _rows("asvs.csv")
    )


@cache
def withholding_reasons() -> Mapping[str, WithholdingReason]:
    """Why something may be withheld from who asks to see it, by code."""
    return MappingProxyType(
        {
            row["code"]: WithholdingReason(
                row["code"], row["words"], row["told_as"], row["statute"], row["verification"]
            )
            for row in _rows("withholding-reasons.csv")
        }
    )


@cache
def sector_failures() -> tuple[SectorFailure, ...]:
    """R1 to R18, in this order."""
    return tuple(SectorFailure(**row) for row in _rows("sector-failures.csv"))


@cache
def fact_titles() -> Mapping[tuple[str, str], str]:
    """How a kind of fact is called, by kind and category of data."""
    return MappingProxyType({(row["kind"], row["category"]): row["title"] for row in _rows("fact-kinds.csv")})


def ssda903_rules() -> list[dict[str, Any]]:
    """The rules as set down, with their test vectors. Read anew each time: they are for tests and pages."""
    text = files(__name__).joinpath("ssda903-missing-rules.yaml").read_text("utf-8")
    rules: list[dict[str, Any]] = yaml.safe_load(text)["rules"]
    return rules


@cache
def _district_numbers() -> Mapping[str, int]:
    numbers = {_plain(name): number for number, name in enumerate(districts())}
    for row in _rows("geography.csv"):
        if row["bit"] and row["also_called"]:
            numbers |= {_plain(name): int(row["bit"]) for name in row["also_called"].split(";")}
    return MappingProxyType(numbers)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _number(text: str) -> int | None:
    return int(text) if text else None


@cache
def _rows(file_name: str) -> tuple[dict[str, str], ...]:
    text = files(__name__).joinpath(file_name).read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines(keepends=True)))
