"""Levels of agreement, each a named function said twice: in Python for one record, in SQL for whole files.

The model file names these functions and gives each its m and u. A test proves on every pair of a fixture
that both sayings agree. Within a comparison the first level that holds counts; the last always holds.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from .records import StandardRecord

# Jaro-Winkler. The engines differ in the last bit, and 0.9 exactly is a frequent value: hence the margin.
CLOSE_GIVEN = 0.88 - 1e-9
CLOSE_SURNAME = 0.90 - 1e-9
LEAST_LETTERS_FOR_A_SLIP = 4
Words = Callable[[StandardRecord, StandardRecord], str]


@dataclass(frozen=True)
class LevelFunction:
    """`sql` is written with {l} and {r} for the two rows."""

    holds: Callable[[StandardRecord, StandardRecord], bool]
    sql: str
    words: Words


def _words(text: str) -> Words:
    return lambda a, b: text


def share(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    return not set(left).isdisjoint(right)


# Names -------------------------------------------------------------------------------------------------


def same_given(a: StandardRecord, b: StandardRecord) -> bool:
    return a.given != "" and a.given == b.given


def form_of_given(a: StandardRecord, b: StandardRecord) -> bool:
    return share(a.given_forms, b.given_forms)


def close_given(a: StandardRecord, b: StandardRecord) -> bool:
    return (
        a.given != ""
        and b.given != ""
        and (
            JaroWinkler.similarity(a.given, b.given) >= CLOSE_GIVEN
            or (a.given_metaphone != "" and a.given_metaphone == b.given_metaphone)
        )
    )


def shared_surname(a: StandardRecord, b: StandardRecord) -> bool:
    return share(a.surname_forms, b.surname_forms)


def close_surname(a: StandardRecord, b: StandardRecord) -> bool:
    return (
        a.surname != ""
        and b.surname != ""
        and (
            JaroWinkler.similarity(a.surname, b.surname) >= CLOSE_SURNAME
            or (a.surname_metaphone != "" and a.surname_metaphone == b.surname_metaphone)
        )
    )


def swapped_names(a: StandardRecord, b: StandardRecord) -> bool:
    return a.given != a.surname and a.given in b.surname_forms and b.given in a.surname_forms


SAME_GIVEN = "({l}.given <> '' AND {l}.given = {r}.given)"
FORM_OF_GIVEN = "list_has_any({l}.given_forms, {r}.given_forms)"
CLOSE_GIVEN_SQL = (
    "({l}.given <> '' AND {r}.given <> '' AND "
    f"(jaro_winkler_similarity({{l}}.given, {{r}}.given) >= {CLOSE_GIVEN} "
    "OR ({l}.given_metaphone <> '' AND {l}.given_metaphone = {r}.given_metaphone)))"
)
SHARED_SURNAME = "list_has_any({l}.surname_forms, {r}.surname_forms)"
CLOSE_SURNAME_SQL = (
    "({l}.surname <> '' AND {r}.surname <> '' AND "
    f"(jaro_winkler_similarity({{l}}.surname, {{r}}.surname) >= {CLOSE_SURNAME} "
    "OR ({l}.surname_metaphone <> '' AND {l}.surname_metaphone = {r}.surname_metaphone)))"
)
SWAPPED_NAMES = (
    "({l}.given <> {l}.surname AND list_contains({r}.surname_forms, {l}.given) "
    "AND list_contains({l}.surname_forms, {r}.given))"
)


def given_words(a: StandardRecord, b: StandardRecord) -> str:
    """ "same given name", or which name is a form of which."""
    if same_given(a, b):
        return "same given name"
    for one, other in ((a, b), (b, a)):
        if other.given in one.given_forms:
            return f"{_shown(one)} is a form of {_shown(other)}"
    return f"{_shown(a)} and {_shown(b)} are forms of one name"


def _shown(record: StandardRecord) -> str:
    """The given name as sent, without what was folded away."""
    for word in (*record.record.forenames.split(), *record.record.known_as.split()):
        if "".join(letter for letter in word if letter.isalnum()).lower() == record.given:
            return word.capitalize() if word.islower() or word.isupper() else word
    return record.given.capitalize()


def surname_words(a: StandardRecord, b: StandardRecord) -> str:
    if a.surname == b.surname:
        return "same surname"
    return "a surname in common (former or double)"


NAME: dict[str, LevelFunction] = {
    "name_not_comparable": LevelFunction(
        lambda a, b: not (a.given and b.given) and not (a.surname and b.surname),
        "(({l}.given = '' OR {r}.given = '') AND ({l}.surname = '' OR {r}.surname = ''))",
        _words("name not known in both"),
    ),
    "same_full_name": LevelFunction(
        lambda a, b: same_given(a, b) and a.surname != "" and a.surname == b.surname,
        f"({SAME_GIVEN} AND {{l}}.surname <> '' AND {{l}}.surname = {{r}}.surname)",
        _words("same name"),
    ),
    "nickname_and_surname": LevelFunction(
        lambda a, b: form_of_given(a, b) and shared_surname(a, b),
        f"({FORM_OF_GIVEN} AND {SHARED_SURNAME})",
        lambda a, b: f"{given_words(a, b)}; {surname_words(a, b)}",
    ),
    "swapped": LevelFunction(
        swapped_names, SWAPPED_NAMES, _words("same names, given name and surname swapped")
    ),
    "given_and_close_surname": LevelFunction(
        lambda a, b: form_of_given(a, b) and close_surname(a, b),
        f"({FORM_OF_GIVEN} AND {CLOSE_SURNAME_SQL})",
        lambda a, b: f"{given_words(a, b)}; surname close",
    ),
    "close_given_and_surname": LevelFunction(
        lambda a, b: close_given(a, b) and shared_surname(a, b),
        f"({CLOSE_GIVEN_SQL} AND {SHARED_SURNAME})",
        lambda a, b: f"given name close; {surname_words(a, b)}",
    ),
    "both_close": LevelFunction(
        lambda a, b: close_given(a, b) and close_surname(a, b),
        f"({CLOSE_GIVEN_SQL} AND {CLOSE_SURNAME_SQL})",
        _words("given name and surname close"),
    ),
    "surname_only": LevelFunction(
        lambda a, b: not (a.given and b.given) and (shared_surname(a, b) or close_surname(a, b)),
        f"(({{l}}.given = '' OR {{r}}.given = '') AND ({SHARED_SURNAME} OR {CLOSE_SURNAME_SQL}))",
        _words("surname agrees, given name missing"),
    ),
    "given_only": LevelFunction(
        lambda a, b: not (a.surname and b.surname) and form_of_given(a, b),
        f"(({{l}}.surname = '' OR {{r}}.surname = '') AND {FORM_OF_GIVEN})",
        lambda a, b: f"{given_words(a, b)}; surname missing",
    ),
    "given_same_surname_differs": LevelFunction(
        form_of_given, FORM_OF_GIVEN, lambda a, b: f"{given_words(a, b)}; surname differs"
    ),
    "surname_same_given_differs": LevelFunction(
        shared_surname, SHARED_SURNAME, lambda a, b: f"{surname_words(a, b)}; given name differs"
    ),
    "name_differs": LevelFunction(lambda a, b: True, "TRUE", _words("name differs")),
}

# Date of birth -----------------------------------------------------------------------------------------


def _default_day(a: StandardRecord, b: StandardRecord) -> bool:
    """One of them says 1 January (day and month not known), or both the same month and one the 15th."""
    if a.dob[:4] != b.dob[:4]:
        return False
    return "0101" in (a.dob[4:], b.dob[4:]) or (a.dob[:6] == b.dob[:6] and "15" in (a.dob[6:], b.dob[6:]))


BIRTH: dict[str, LevelFunction] = {
    "birth_not_comparable": LevelFunction(
        lambda a, b: not a.birth_from or not b.birth_from,
        "({l}.birth_from = '' OR {r}.birth_from = '')",
        _words("date of birth not known in both"),
    ),
    "same_dob": LevelFunction(
        lambda a, b: a.dob != "" and a.dob == b.dob,
        "({l}.dob <> '' AND {l}.dob = {r}.dob)",
        _words("same date of birth"),
    ),
    "day_and_month_swapped": LevelFunction(
        lambda a, b: a.dob_canon != "" and a.dob_canon == b.dob_canon,
        "({l}.dob_canon <> '' AND {l}.dob_canon = {r}.dob_canon)",
        _words("date of birth with day and month swapped"),
    ),
    "dob_one_keystroke": LevelFunction(
        lambda a, b: a.dob != "" and b.dob != "" and DamerauLevenshtein.distance(a.dob, b.dob) <= 1,
        "({l}.dob <> '' AND {r}.dob <> '' AND damerau_levenshtein({l}.dob, {r}.dob) <= 1)",
        _words("date of birth one keystroke apart"),
    ),
    "default_day": LevelFunction(
        lambda a, b: a.dob != "" and b.dob != "" and _default_day(a, b),
        "({l}.dob <> '' AND {r}.dob <> '' AND substr({l}.dob, 1, 4) = substr({r}.dob, 1, 4) AND "
        "(substr({l}.dob, 5, 4) = '0101' OR substr({r}.dob, 5, 4) = '0101' OR "
        "(substr({l}.dob, 1, 6) = substr({r}.dob, 1, 6) AND (substr({l}.dob, 7, 2) = '15' OR substr({r}.dob, 7, 2) = '15'))))",
        _words("same year of birth, one with a day that stands for “not known”"),
    ),
    "same_day_year_one_off": LevelFunction(
        lambda a, b: (
            a.dob != ""
            and b.dob != ""
            and a.dob[4:] == b.dob[4:]
            and abs(int(a.dob[:4]) - int(b.dob[:4])) == 1
        ),
        "({l}.dob <> '' AND {r}.dob <> '' AND substr({l}.dob, 5, 4) = substr({r}.dob, 5, 4) AND "
        "abs(CAST(substr({l}.dob, 1, 4) AS INTEGER) - CAST(substr({r}.dob, 1, 4) AS INTEGER)) = 1)",
        _words("same day and month of birth, year one off"),
    ),
    "same_birth_month": LevelFunction(
        lambda a, b: a.dob != "" and a.dob[:6] == b.dob[:6],
        "({l}.dob <> '' AND substr({l}.dob, 1, 6) = substr({r}.dob, 1, 6))",
        _words("same month of birth, day differs"),
    ),
    "same_birth_year": LevelFunction(
        lambda a, b: a.dob != "" and a.dob[:4] == b.dob[:4],
        "({l}.dob <> '' AND substr({l}.dob, 1, 4) = substr({r}.dob, 1, 4))",
        _words("same year of birth, day differs"),
    ),
    "age_fits": LevelFunction(
        lambda a, b: not (a.dob and b.dob) and a.birth_from <= b.birth_to and b.birth_from <= a.birth_to,
        "(({l}.dob = '' OR {r}.dob = '') AND {l}.birth_from <= {r}.birth_to "
        "AND {r}.birth_from <= {l}.birth_to)",
        _words("age fits"),
    ),
    "birth_differs": LevelFunction(
        lambda a, b: True,
        "TRUE",
        lambda a, b: "date of birth differs" if a.dob and b.dob else "age does not fit",
    ),
}

# Place -------------------------------------------------------------------------------------------------

PLACE: dict[str, LevelFunction] = {
    "place_not_comparable": LevelFunction(
        lambda a, b: not (a.outward and b.outward) and not (a.area and b.area),
        "((len({l}.outward) = 0 OR len({r}.outward) = 0) AND ({l}.area = '' OR {r}.area = ''))",
        _words("address not known in both"),
    ),
    "same_postcode": LevelFunction(
        lambda a, b: share(a.postcodes, b.postcodes),
        "list_has_any({l}.postcodes, {r}.postcodes)",
        _words("same postcode, now or in the past"),
    ),
    # Speaks against, a little: whoever lives at one address mostly has one whole postcode.
    "same_postcode_district": LevelFunction(
        lambda a, b: bool(a.postcodes and b.postcodes) and share(a.outward, b.outward),
        "(len({l}.postcodes) > 0 AND len({r}.postcodes) > 0 AND list_has_any({l}.outward, {r}.outward))",
        _words("postcode differs, same postcode district"),
    ),
    "same_area": LevelFunction(
        lambda a, b: (a.area != "" and a.area == b.area) or share(a.outward, b.outward),
        "(({l}.area <> '' AND {l}.area = {r}.area) OR list_has_any({l}.outward, {r}.outward))",
        _words("same area"),
    ),
    "place_differs": LevelFunction(
        lambda a, b: True,
        "TRUE",
        lambda a, b: "postcode differs" if a.outward and b.outward else "area differs",
    ),
}

# Identifiers -------------------------------------------------------------------------------------------


def _identifier(column: str, valid: str, prefix: str, shown: str) -> dict[str, LevelFunction]:
    def one_keystroke(a: StandardRecord, b: StandardRecord) -> bool:
        return DamerauLevenshtein.distance(getattr(a, column), getattr(b, column)) <= 1

    def unknown(a: StandardRecord, b: StandardRecord) -> bool:
        left, right = getattr(a, column), getattr(b, column)
        if not left or not right:
            return True
        # A number that fails its check digit says nothing against; near another it was mistyped.
        return not (getattr(a, valid) and getattr(b, valid)) and not one_keystroke(a, b)

    near = f"damerau_levenshtein({{l}}.{column}, {{r}}.{column}) <= 1"
    return {
        f"{prefix}_not_comparable": LevelFunction(
            unknown,
            f"({{l}}.{column} = '' OR {{r}}.{column} = '' "
            f"OR (NOT ({{l}}.{valid} AND {{r}}.{valid}) AND NOT {near}))",
            _words(f"{shown} not known in both"),
        ),
        f"same_{prefix}": LevelFunction(
            lambda a, b: getattr(a, column) == getattr(b, column),
            f"{{l}}.{column} = {{r}}.{column}",
            _words(f"same {shown}"),
        ),
        f"{prefix}_one_keystroke": LevelFunction(one_keystroke, near, _words(f"{shown} one keystroke apart")),
        f"{prefix}_contradicts": LevelFunction(lambda a, b: True, "TRUE", _words(f"a different {shown}")),
    }


COUNCIL_CHILD: dict[str, LevelFunction] = {
    "council_child_not_comparable": LevelFunction(
        lambda a, b: not a.council_child or not b.council_child or a.council != b.council,
        "({l}.council_child = '' OR {r}.council_child = '' OR {l}.council <> {r}.council)",
        _words("no child number of the same council in both"),
    ),
    "same_council_child": LevelFunction(
        lambda a, b: a.council_child == b.council_child,
        "{l}.council_child = {r}.council_child",
        _words("same child number of the same council"),
    ),
    "council_child_contradicts": LevelFunction(
        lambda a, b: True, "TRUE", _words("a different child number of the same council")
    ),
}

SEX: dict[str, LevelFunction] = {
    "sex_not_comparable": LevelFunction(
        lambda a, b: not a.sex or not b.sex, "({l}.sex = '' OR {r}.sex = '')", _words("sex not known in both")
    ),
    "same_sex": LevelFunction(lambda a, b: a.sex == b.sex, "{l}.sex = {r}.sex", _words("same sex")),
    "sex_differs": LevelFunction(lambda a, b: True, "TRUE", _words("sex differs")),
}

PHONE: dict[str, LevelFunction] = {
    "phone_not_comparable": LevelFunction(
        lambda a, b: not a.phone or not b.phone,
        "({l}.phone = '' OR {r}.phone = '')",
        _words("telephone number not known in both"),
    ),
    "same_phone": LevelFunction(
        lambda a, b: a.phone == b.phone, "{l}.phone = {r}.phone", _words("same telephone number")
    ),
    "phone_differs": LevelFunction(lambda a, b: True, "TRUE", _words("telephone number differs")),
}

# A child has many cases: two records about different ones say nothing.
CASE: dict[str, LevelFunction] = {
    "case_not_comparable": LevelFunction(
        lambda a, b: not a.case_references or not b.case_references,
        "(len({l}.case_references) = 0 OR len({r}.case_references) = 0)",
        _words("no case reference in both"),
    ),
    "same_case": LevelFunction(
        lambda a, b: share(a.case_references, b.case_references),
        "list_has_any({l}.case_references, {r}.case_references)",
        _words("about the same reported case"),
    ),
    "other_case": LevelFunction(lambda a, b: True, "TRUE", _words("about another case")),
}


def _words_of_people(column: str, shown: str) -> dict[str, LevelFunction]:
    """Text that people write in many ways: the same, close, or another."""

    def close(a: StandardRecord, b: StandardRecord) -> bool:
        return JaroWinkler.similarity(getattr(a, column), getattr(b, column)) >= CLOSE_SURNAME

    return {
        f"{column}_not_comparable": LevelFunction(
            lambda a, b: not getattr(a, column) or not getattr(b, column),
            f"({{l}}.{column} = '' OR {{r}}.{column} = '')",
            _words(f"{shown} not known in both"),
        ),
        f"same_{column}": LevelFunction(
            lambda a, b: getattr(a, column) == getattr(b, column),
            f"{{l}}.{column} = {{r}}.{column}",
            _words(f"same {shown}"),
        ),
        f"close_{column}": LevelFunction(
            close,
            f"jaro_winkler_similarity({{l}}.{column}, {{r}}.{column}) >= {CLOSE_SURNAME}",
            _words(f"{shown} close"),
        ),
        f"{column}_differs": LevelFunction(lambda a, b: True, "TRUE", _words(f"{shown} differs")),
    }


# Of files of any people each name is weighed by itself: what errs there (initials, second names, titles, slips in both
# names at once) is not what errs in children's records, whose model weighs the whole name.


def near(one: str, other: str) -> bool:
    """One slip of the pen apart, in a name long enough to bear it."""
    return (
        min(len(one), len(other)) >= LEAST_LETTERS_FOR_A_SLIP and DamerauLevenshtein.distance(one, other) <= 1
    )


def names_in_each_others_place(a: StandardRecord, b: StandardRecord) -> bool:
    """Given name and surname swapped, each perhaps with a slip."""
    return (
        a.given != a.surname
        and min(len(a.given), len(a.surname), len(b.given), len(b.surname)) > 0
        and JaroWinkler.similarity(a.given, b.surname) >= CLOSE_GIVEN
        and JaroWinkler.similarity(a.surname, b.given) >= CLOSE_GIVEN
    )


def among_other_names(a: StandardRecord, b: StandardRecord) -> bool:
    return share(a.given_forms, b.middle_forms) or share(b.given_forms, a.middle_forms)


def initial_of_given(a: StandardRecord, b: StandardRecord) -> bool:
    return min(len(a.given), len(b.given)) == 1 and a.given[0] == b.given[0]


NEAR = (
    f"(least(length({{l}}.{{name}}), len({{r}}.{{name}})) >= {LEAST_LETTERS_FOR_A_SLIP} "
    "AND damerau_levenshtein({l}.{name}, {r}.{name}) <= 1)"
)
NEAR_GIVEN = NEAR.replace("{name}", "given")
NEAR_SURNAME = NEAR.replace("{name}", "surname")
IN_EACH_OTHERS_PLACE = (
    "({l}.given <> {l}.surname AND least(length({l}.given), length({l}.surname), length({r}.given), length({r}.surname)) > 0 "
    f"AND jaro_winkler_similarity({{l}}.given, {{r}}.surname) >= {CLOSE_GIVEN} "
    f"AND jaro_winkler_similarity({{l}}.surname, {{r}}.given) >= {CLOSE_GIVEN})"
)
INITIAL_OF_GIVEN = (
    "(least(length({l}.given), length({r}.given)) = 1 AND substr({l}.given, 1, 1) = substr({r}.given, 1, 1))"
)
AMONG_OTHER_NAMES = (
    "(list_has_any({l}.given_forms, {r}.middle_forms) OR list_has_any({r}.given_forms, {l}.middle_forms))"
)

GIVEN_NAME: dict[str, LevelFunction] = {
    "given_not_comparable": LevelFunction(
        lambda a, b: not a.given or not b.given,
        "({l}.given = '' OR {r}.given = '')",
        _words("given name not known in both"),
    ),
    "same_given": LevelFunction(same_given, "{l}.given = {r}.given", _words("same given name")),
    "form_of_given": LevelFunction(form_of_given, FORM_OF_GIVEN, given_words),
    "names_swapped": LevelFunction(
        names_in_each_others_place,
        IN_EACH_OTHERS_PLACE,
        _words("same names, given name and surname swapped"),
    ),
    "close_given": LevelFunction(
        lambda a, b: close_given(a, b) or near(a.given, b.given) or a.given_text == b.given_text,
        f"({CLOSE_GIVEN_SQL} OR {NEAR_GIVEN} OR {{l}}.given_text = {{r}}.given_text)",
        _words("given name close"),
    ),
    "given_among_others": LevelFunction(
        among_other_names,
        AMONG_OTHER_NAMES,
        _words("given name is another of the given names"),
    ),
    "initial_of_given": LevelFunction(initial_of_given, INITIAL_OF_GIVEN, _words("first letter agrees")),
    "given_differs": LevelFunction(lambda a, b: True, "TRUE", _words("given name differs")),
}
SURNAME: dict[str, LevelFunction] = {
    # Swapped names are weighed with the given name.
    "surname_not_comparable": LevelFunction(
        lambda a, b: not a.surname or not b.surname or names_in_each_others_place(a, b),
        f"({{l}}.surname = '' OR {{r}}.surname = '' OR {IN_EACH_OTHERS_PLACE})",
        _words("surname not known in both"),
    ),
    "same_surname": LevelFunction(
        lambda a, b: a.surname == b.surname, "{l}.surname = {r}.surname", _words("same surname")
    ),
    "shared_surname": LevelFunction(shared_surname, SHARED_SURNAME, surname_words),
    "close_surname": LevelFunction(
        lambda a, b: close_surname(a, b) or near(a.surname, b.surname),
        f"({CLOSE_SURNAME_SQL} OR {NEAR_SURNAME})",
        _words("surname close"),
    ),
    "surname_differs": LevelFunction(lambda a, b: True, "TRUE", _words("surname differs")),
}

# Asked of files of any people; the model for children has none of them.
OF_ANY_FILE: dict[str, dict[str, LevelFunction]] = {
    "given name": GIVEN_NAME,
    "surname": SURNAME,
    "named place": _words_of_people("named_place", "place"),
    "occupation": _words_of_people("occupation", "occupation"),
}

# The first level of each comparison says nothing either way: no m, no u, no bits.
COMPARISONS: dict[str, dict[str, LevelFunction]] = {
    "name": NAME,
    "date of birth": BIRTH,
    "place": PLACE,
    "NHS number": _identifier("nhs_number", "nhs_valid", "nhs", "NHS number"),
    "UPN": _identifier("upn", "upn_valid", "upn", "unique pupil number"),
    "council child number": COUNCIL_CHILD,
    "case reference": CASE,
    "sex": SEX,
    "phone": PHONE,
    **OF_ANY_FILE,
}
