"""Which pairs are worth scoring: two records meet when any of their keys is equal.

A rule names columns: a key is one value of each, and a record has as many keys as it has such combinations. Said once,
for one record (`blocking_keys`) and for a whole table (`keys_in_sql`).
"""

from collections.abc import Callable
from itertools import product
from operator import attrgetter
from typing import NamedTuple

from .records import StandardRecord

# A key held by more records than this names nobody. Callers say so in the answer when it bites.
BLOCK_CAP = 2000

Rule = tuple[str, ...]


def _known(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _sounds_of_name(std: StandardRecord) -> tuple[str, ...]:
    both = ((std.surname_metaphone, std.given_metaphone), (std.surname_soundex, std.given_soundex))
    return tuple(dict.fromkeys(f"{surname} {given}" for surname, given in both if surname and given))


def _both_names(std: StandardRecord) -> tuple[str, ...]:
    """Given name and surname in one order, so that a record with its names swapped meets the other."""
    return (" ".join(sorted((std.given, std.surname))),) if std.given and std.surname else ()


class Column(NamedTuple):
    of: Callable[[StandardRecord], tuple[str, ...]]  # of one record
    sql: str  # the same in SQL: a list, or one text that is empty where not known
    is_list: bool = True


def _text(name: str) -> Column:
    return Column(lambda std: _known(getattr(std, name)), name, is_list=False)


def _either(one: str, other: str) -> str:
    """In SQL: a list of both texts, without what is empty or the same."""
    return (
        f"(CASE WHEN {one} = '' AND {other} = '' THEN [] WHEN {one} IN ('', {other}) THEN [{other}] "
        f"WHEN {other} = '' THEN [{one}] ELSE [{one}, {other}] END)"
    )


COLUMNS: dict[str, Column] = {
    **{
        name: _text(name)
        for name in ("nhs_number", "upn", "council_child", "phone", "dob", "dob_canon", "named_place")
    },
    **{
        name: Column(attrgetter(name), name)
        for name in ("case_references", "surname_forms", "given_forms", "postcodes")
    },
    "surname_sounds": Column(
        lambda std: tuple(dict.fromkeys(_known(std.surname_metaphone, std.surname_soundex))),
        _either("surname_metaphone", "surname_soundex"),
    ),
    "sounds_of_name": Column(
        _sounds_of_name,
        _either(
            "if(surname_metaphone = '' OR given_metaphone = '', '', surname_metaphone || ' ' || given_metaphone)",
            "if(surname_soundex = '' OR given_soundex = '', '', surname_soundex || ' ' || given_soundex)",
        ),
    ),
    "both_names": Column(
        _both_names,
        "if(given = '' OR surname = '', '', least(given, surname) || ' ' || greatest(given, surname))",
        is_list=False,
    ),
    "birth_years": Column(
        lambda std: tuple(map(str, std.birth_years)),
        "CASE WHEN dob <> '' THEN [dob[:4]::INT] WHEN birth_from = '' OR birth_to[:4]::INT - birth_from[:4]::INT > 3 THEN [] "
        "ELSE range(birth_from[:4]::INT, birth_to[:4]::INT + 1) END",
    ),
    "places": Column(
        lambda std: (*std.outward, *_known(std.area, std.named_place)),
        f"outward || {_either('area', 'named_place')}",
    ),
}
BATCH_RULES: dict[str, Rule] = {
    "nhs_number": ("nhs_number",),
    "upn": ("upn",),
    "council_child": ("council_child",),
    "surname_dob": ("surname_forms", "dob"),
    "given_dob": ("given_forms", "dob"),
    "surname_sound_dob_canon": ("surname_sounds", "dob_canon"),
    "postcode_given": ("postcodes", "given_forms"),
    "postcode_surname_birth_year": ("postcodes", "surname_forms", "birth_years"),
    "dob_postcode": ("dob", "postcodes"),
    "sounds_birth_year": ("sounds_of_name", "birth_years"),
    "surname_given_birth_year": ("surname_forms", "given_forms", "birth_years"),
    "surname_given_district": ("surname_forms", "given_forms", "places"),
    "swapped_birth_year": ("both_names", "birth_years"),
    "case_reference": ("case_references",),
    "dob_named_place": ("dob", "named_place"),
    "given_named_place_birth_year": ("given_forms", "named_place", "birth_years"),
    "sparse_surname_given": ("surname_forms", "given_forms"),
    "sparse_sounds": ("sounds_of_name",),
    "sparse_swapped": ("both_names",),
}
# Of these rules a key leads from or to a record that has little but a name, never between two full ones.
SPARSE_RULES = frozenset({"sparse_surname_given", "sparse_sounds", "sparse_swapped"})
# Too many pairs for a whole file, cheap for one record.
ONLINE_RULES: dict[str, Rule] = {
    "surname_given": ("surname_forms", "given_forms"),
    "sounds": ("sounds_of_name",),
    "phone": ("phone",),
    "swapped": ("both_names",),
    "given_birth_year": ("given_forms", "birth_years"),  # for "Katie, about 14": no surname, no date
    "surname_birth_year": ("surname_forms", "birth_years"),
    "dob": ("dob",),
}
# Of files of any people, who err otherwise than children's records do: rare keys alone, see `batch.candidate_pairs`.
WIDER_RULES: dict[str, Rule] = {
    **ONLINE_RULES,
    "surname_place": ("surname_forms", "places"),
    "given_place": ("given_forms", "places"),
    "surname_postcode": ("surname_forms", "postcodes"),
    "place_birth_year": ("places", "birth_years"),
    "surname_sound_birth_year": ("surname_sounds", "birth_years"),
    "surname_sound_place": ("surname_sounds", "places"),
}


def blocking_keys(std: StandardRecord, *, online: bool) -> tuple[tuple[str, str], ...]:
    """(rule, value) of every key this record is found by. For storing, `online=True`: it includes the rest."""
    if online:  # the sparse rules are among these under their own names, for every record
        rules = {name: rule for name, rule in BATCH_RULES.items() if name not in SPARSE_RULES} | ONLINE_RULES
    else:
        rules = BATCH_RULES
    values = {name: column.of(std) for name, column in COLUMNS.items()}
    return tuple(
        (name, value)
        for name, rule in rules.items()
        for value in dict.fromkeys(map(" ".join, product(*(values[column] for column in rule))))
    )


# `StandardRecord.sparse`, of a row.
SPARSE = "(birth_from = '' AND len(outward) = 0 AND nhs_number = '' AND upn = '')"


def keys_in_sql(rule: Rule, of: str = "TRUE") -> str:
    """Rows of `people` with their keys by this rule: row_number, sparse, key. A key is 64 bits of its text."""
    columns = {name: COLUMNS[name] for name in rule}
    told = ", ".join(f"{column.sql} AS {name}_" for name, column in columns.items())
    rows = f"SELECT row_number, {SPARSE} AS sparse, {told} FROM people WHERE {of}"
    for name, column in columns.items():  # one after another: every value of one with every value of the next
        if column.is_list:
            rows = f"SELECT * REPLACE (unnest({name}_) AS {name}_) FROM ({rows})"
        else:
            rows = f"SELECT * FROM ({rows}) WHERE {name}_ <> ''"
    return (
        f"SELECT row_number, sparse, hash({', '.join(f'{name}_' for name in columns)}) AS key FROM ({rows})"
    )
