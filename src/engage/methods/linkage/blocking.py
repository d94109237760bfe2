"""Which pairs are worth scoring: two records meet when any of their keys is equal."""

from collections.abc import Callable, Iterator

from .records import StandardRecord

# A key held by more records than this names nobody. Callers say so in the answer when it bites.
BLOCK_CAP = 2000

Values = Callable[[StandardRecord], Iterator[str]]


def _nhs_number(std: StandardRecord) -> Iterator[str]:
    if std.nhs_number:
        yield std.nhs_number


def _upn(std: StandardRecord) -> Iterator[str]:
    if std.upn:
        yield std.upn


def _council_child(std: StandardRecord) -> Iterator[str]:
    if std.council_child:
        yield std.council_child


def _case_reference(std: StandardRecord) -> Iterator[str]:
    yield from std.case_references


def _surname_dob(std: StandardRecord) -> Iterator[str]:
    if std.dob:
        yield from (f"{surname} {std.dob}" for surname in std.surname_forms)


def _given_dob(std: StandardRecord) -> Iterator[str]:
    if std.dob:
        yield from (f"{given} {std.dob}" for given in std.given_forms)


def _surname_sound_dob_canon(std: StandardRecord) -> Iterator[str]:
    if std.dob_canon:
        yield from (f"{sound} {std.dob_canon}" for sound in _sounds_of_surname(std))


def _postcode_given(std: StandardRecord) -> Iterator[str]:
    yield from (f"{postcode} {given}" for postcode in std.postcodes for given in std.given_forms)


def _postcode_surname_birth_year(std: StandardRecord) -> Iterator[str]:
    yield from (
        f"{postcode} {surname} {year}"
        for postcode in std.postcodes
        for surname in std.surname_forms
        for year in std.birth_years
    )


def _dob_postcode(std: StandardRecord) -> Iterator[str]:
    if std.dob:
        yield from (f"{std.dob} {postcode}" for postcode in std.postcodes)


def _sounds_birth_year(std: StandardRecord) -> Iterator[str]:
    for surname, given in (
        (std.surname_metaphone, std.given_metaphone),
        (std.surname_soundex, std.given_soundex),
    ):
        if surname and given:
            yield from (f"{surname} {given} {year}" for year in std.birth_years)


def _surname_given_birth_year(std: StandardRecord) -> Iterator[str]:
    yield from (
        f"{surname} {given} {year}"
        for surname in std.surname_forms
        for given in std.given_forms
        for year in std.birth_years
    )


def _surname_given_district(std: StandardRecord) -> Iterator[str]:
    places = (*std.outward, *(place for place in (std.area, std.named_place) if place))
    yield from (
        f"{surname} {given} {place}"
        for surname in std.surname_forms
        for given in std.given_forms
        for place in places
    )


def _swapped_birth_year(std: StandardRecord) -> Iterator[str]:
    """One key for both orders of a name, so that a record with its names swapped meets the other."""
    if std.given and std.surname:
        names = " ".join(sorted((std.given, std.surname)))
        yield from (f"{names} {year}" for year in std.birth_years)


def _surname_given(std: StandardRecord) -> Iterator[str]:
    yield from (f"{surname} {given}" for surname in std.surname_forms for given in std.given_forms)


def _phone(std: StandardRecord) -> Iterator[str]:
    if std.phone:
        yield std.phone


def _swapped(std: StandardRecord) -> Iterator[str]:
    if std.given and std.surname:
        yield " ".join(sorted((std.given, std.surname)))


def _given_birth_year(std: StandardRecord) -> Iterator[str]:
    """For "Katie, about 14": no surname, no date."""
    yield from (f"{given} {year}" for given in std.given_forms for year in std.birth_years)


def _sounds(std: StandardRecord) -> Iterator[str]:
    for surname, given in (
        (std.surname_metaphone, std.given_metaphone),
        (std.surname_soundex, std.given_soundex),
    ):
        if surname and given:
            yield f"{surname} {given}"


def _surname_birth_year(std: StandardRecord) -> Iterator[str]:
    yield from (f"{surname} {year}" for surname in std.surname_forms for year in std.birth_years)


def _dob(std: StandardRecord) -> Iterator[str]:
    if std.dob:
        yield std.dob


def _sounds_of_surname(std: StandardRecord) -> tuple[str, ...]:
    return tuple(sound for sound in (std.surname_metaphone, std.surname_soundex) if sound)


def _dob_named_place(std: StandardRecord) -> Iterator[str]:
    if std.dob and std.named_place:
        yield f"{std.dob} {std.named_place}"


def _given_named_place_birth_year(std: StandardRecord) -> Iterator[str]:
    if std.named_place:
        yield from (
            f"{given} {std.named_place} {year}" for given in std.given_forms for year in std.birth_years
        )


BATCH_RULES: dict[str, Values] = {
    "nhs_number": _nhs_number,
    "upn": _upn,
    "council_child": _council_child,
    "surname_dob": _surname_dob,
    "given_dob": _given_dob,
    "surname_sound_dob_canon": _surname_sound_dob_canon,
    "postcode_given": _postcode_given,
    "postcode_surname_birth_year": _postcode_surname_birth_year,
    "dob_postcode": _dob_postcode,
    "sounds_birth_year": _sounds_birth_year,
    "surname_given_birth_year": _surname_given_birth_year,
    "surname_given_district": _surname_given_district,
    "swapped_birth_year": _swapped_birth_year,
    "case_reference": _case_reference,
    "dob_named_place": _dob_named_place,
    "given_named_place_birth_year": _given_named_place_birth_year,
    "sparse_surname_given": _surname_given,
    "sparse_sounds": _sounds,
    "sparse_swapped": _swapped,
}
# Of these rules a key leads from or to a record that has little but a name, never between two full ones.
SPARSE_RULES = frozenset({"sparse_surname_given", "sparse_sounds", "sparse_swapped"})
# Too many pairs for a whole file, cheap for one record.
ONLINE_RULES: dict[str, Values] = {
    "surname_given": _surname_given,
    "sounds": _sounds,
    "phone": _phone,
    "swapped": _swapped,
    "given_birth_year": _given_birth_year,
    "surname_birth_year": _surname_birth_year,
    "dob": _dob,
}


def blocking_keys(std: StandardRecord, *, online: bool) -> tuple[tuple[str, str], ...]:
    """(rule, value) of every key this record is found by. For storing, `online=True`: it includes the rest."""
    if online:  # the sparse rules are among these under their own names, for every record
        rules = {name: rule for name, rule in BATCH_RULES.items() if name not in SPARSE_RULES} | ONLINE_RULES
    else:
        rules = BATCH_RULES
    return tuple((rule, value) for rule, values in rules.items() for value in dict.fromkeys(values(std)))
