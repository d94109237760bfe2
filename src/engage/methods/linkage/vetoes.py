"""What may never be joined by a program, whatever the weight. A veto sends the pair to a person."""

from collections.abc import Callable
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from .levels import CLOSE_GIVEN, FORM_OF_GIVEN, SHARED_SURNAME, form_of_given, share
from .records import StandardRecord


@dataclass(frozen=True, slots=True)
class Veto:
    code: str
    words: str


def given_names_clearly_differ(a: StandardRecord, b: StandardRecord) -> bool:
    """After nicknames and aliases: none shared, none close, neither contained in the other.

    Nearly all confident wrong joins are of brothers, sisters and twins; this is what stops them.
    """
    if not a.given or not b.given or form_of_given(a, b):
        return False
    if share(a.given_forms, b.middle_forms) or share(b.given_forms, a.middle_forms):
        return False
    if a.given_text in b.given_text or b.given_text in a.given_text:
        return False
    return JaroWinkler.similarity(a.given, b.given) < CLOSE_GIVEN


def could_be_twins(a: StandardRecord, b: StandardRecord) -> bool:
    """Same family name and address, given names that are near but not one keystroke near, and the same birth date; or
    one without a date, who fits a brother or sister of another year as well."""
    if not (a.given and b.given) or (a.dob and b.dob and a.dob != b.dob):
        return False
    if form_of_given(a, b) or not share(a.surname_forms, b.surname_forms):
        return False
    at_one_address = share(a.postcodes, b.postcodes) or not (a.postcodes and b.postcodes)
    return at_one_address and DamerauLevenshtein.distance(a.given, b.given) > 1


def no_given_name_to_compare(a: StandardRecord, b: StandardRecord) -> bool:
    """A record without a given name fits every child of the household, unless an identifier speaks for one."""
    if a.given and b.given:
        return False
    same_identifier = (
        (a.nhs_valid and a.nhs_number == b.nhs_number)
        or (a.upn_valid and a.upn == b.upn)
        or (a.council_child != "" and a.council_child == b.council_child)
    )
    return not same_identifier


def different_nhs_numbers(a: StandardRecord, b: StandardRecord) -> bool:
    return a.nhs_valid and b.nhs_valid and a.nhs_number != b.nhs_number


def different_upns(a: StandardRecord, b: StandardRecord) -> bool:
    return a.upn_valid and b.upn_valid and a.upn != b.upn


def birth_years_apart(a: StandardRecord, b: StandardRecord) -> bool:
    """More than one year apart, at the nearest that both records allow."""
    if not a.birth_from or not b.birth_from:
        return False
    first, second = sorted((a, b), key=lambda record: record.birth_from)
    return int(second.birth_from[:4]) - int(first.birth_to[:4]) > 1


def restricted(a: StandardRecord, b: StandardRecord) -> bool:
    return a.record.restricted or b.record.restricted


def does_not_bridge(a: StandardRecord, b: StandardRecord) -> bool:
    return not (a.record.bridges and b.record.bridges)


Holds = Callable[[StandardRecord, StandardRecord], bool]

VETOES: dict[str, tuple[Holds, str]] = {
    "given_names_differ": (given_names_clearly_differ, "given names clearly differ"),
    "could_be_twins": (
        could_be_twins,
        "could be twins, or brother and sister: one family, birth dates not told apart, given names not the same",
    ),
    "no_given_name": (
        no_given_name_to_compare,
        "no given name to compare, so a brother or sister fits as well",
    ),
    "different_nhs_numbers": (different_nhs_numbers, "two different valid NHS numbers"),
    "different_upns": (different_upns, "two different valid unique pupil numbers"),
    "birth_years_apart": (birth_years_apart, "birth years more than one apart"),
    "restricted": (restricted, "a restricted record is joined by its named circle only"),
    "does_not_bridge": (does_not_bridge, "this kind of record is attached by its owner only"),
}
# The same for whole files; a test proves on every pair of a fixture that both sayings agree. DuckDB asks every part of an
# AND of every pair: how alike two words are, which takes longest, is asked by `if` of those alone for whom the rest holds.
VETOES_IN_SQL: dict[str, str] = {
    "given_names_differ": (
        "if({l}.given <> '' AND {r}.given <> '' "
        f"AND NOT {FORM_OF_GIVEN}, "
        "if(list_has_any({l}.given_forms, {r}.middle_forms) OR list_has_any({r}.given_forms, {l}.middle_forms) "
        "OR contains({r}.given_text, {l}.given_text) OR contains({l}.given_text, {r}.given_text), FALSE, "
        f"jaro_winkler_similarity({{l}}.given, {{r}}.given) < {CLOSE_GIVEN}), FALSE)"
    ),
    "could_be_twins": (
        "if({l}.given <> '' AND {r}.given <> '' AND ({l}.dob = '' OR {r}.dob = '' OR {l}.dob = {r}.dob) "
        f"AND NOT {FORM_OF_GIVEN} AND {SHARED_SURNAME} "
        "AND (list_has_any({l}.postcodes, {r}.postcodes) OR len({l}.postcodes) = 0 OR len({r}.postcodes) = 0), "
        "damerau_levenshtein({l}.given, {r}.given) > 1, FALSE)"
    ),
    "no_given_name": (
        "(({l}.given = '' OR {r}.given = '') AND NOT (({l}.nhs_valid AND {l}.nhs_number = {r}.nhs_number) "
        "OR ({l}.upn_valid AND {l}.upn = {r}.upn) "
        "OR ({l}.council_child <> '' AND {l}.council_child = {r}.council_child)))"
    ),
    "different_nhs_numbers": "({l}.nhs_valid AND {r}.nhs_valid AND {l}.nhs_number <> {r}.nhs_number)",
    "different_upns": "({l}.upn_valid AND {r}.upn_valid AND {l}.upn <> {r}.upn)",
    "birth_years_apart": (
        "if({l}.birth_from = '' OR {r}.birth_from = '' OR ({l}.dob <> '' AND {l}.dob = {r}.dob), FALSE, "
        "CASE WHEN {l}.birth_from <= {r}.birth_from THEN {r}.birth_from[:4]::INT - {l}.birth_to[:4]::INT "
        "ELSE {l}.birth_from[:4]::INT - {r}.birth_to[:4]::INT END > 1)"
    ),
    "restricted": "({l}.restricted OR {r}.restricted)",
    "does_not_bridge": "NOT ({l}.bridges AND {r}.bridges)",
}
# Whatever a model file says, these hold.
ALWAYS = ("given_names_differ", "restricted", "does_not_bridge")
# These only say that a program may not decide; the others speak against the pair.
SAYING_NOTHING_AGAINST = frozenset({"no_given_name", "restricted", "does_not_bridge"})
ONE_LIST = Veto("one_list_holds_both", "one list, with one row for each person, holds both")
ONE_LIST_IN_SQL = (
    "({l}.source = {r}.source AND {l}.register = {r}.register AND list_contains(?, {l}.register))"
)


def asked_of(named: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*ALWAYS, *named)))


def vetoes_between(
    a: StandardRecord, b: StandardRecord, named: tuple[str, ...], one_row_per_person: tuple[str, ...] = ()
) -> tuple[Veto, ...]:
    found = [Veto(code, VETOES[code][1]) for code in asked_of(named) if VETOES[code][0](a, b)]
    left, right = a.record, b.record
    if left.register in one_row_per_person and (left.source, left.register) == (right.source, right.register):
        found.append(ONE_LIST)
    return tuple(found)
