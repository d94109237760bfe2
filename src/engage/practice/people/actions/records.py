"""Records that name somebody: one row for each of an agency's persons or reports, and what hangs on it.

Set-wise: a chunk of thousands costs a few dozen statements, never one for each row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from engage.methods.identifiers import nhs_number_is_valid, normalise_phone, upn_is_valid
from engage.methods.linkage.records import standardise
from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency, Staff

from .. import districts
from ..identities import identity
from ..keys import Sight, linking_keys, search_keys, token
from ..models import Address, Identifier, Record, RecordDetail
from .sources import compartments_of, earlier_versions

Key = tuple[str, str, str]  # agency code, register, reference


@dataclass(frozen=True, slots=True)
class AddressInput:
    address: str = ""
    postcode: str = ""
    district: str = ""
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class IdentityInput:
    """What one source row says of who somebody is. Empty text or None: the row does not say.

    `category` C01 (the default) makes a record that may join others. Any other category (health,
    C09 to C12; C16; C17), or a restricted or sealed `label`, makes one that never does: all its rows
    lie in that one compartment and it exists for nobody else.
    """

    agency: Agency
    register: str
    reference: str
    source_id: UUID | None = None
    category: str = "C01"
    label: str = ""  # "", restricted or sealed
    kind: str = Record.Kind.CHILD
    surname: str = ""
    forenames: str = ""
    known_as: str = ""
    born_on: date | None = None
    born_earliest: date | None = None
    born_latest: date | None = None
    birth_as_sent: str = ""
    age_stated: int | None = None
    sex: str = ""
    ethnicity: str = ""
    ethnicity_list: str = ""
    nhs_number: str = ""
    upn: str = ""
    council_child_id: str = ""
    phone: str = ""
    district: str = ""
    addresses: tuple[AddressInput, ...] = ()
    other_references: tuple[str, ...] = ()  # to be found by: report or referral numbers
    # Cases the row is about, each with the code of the agency that gave the reference: "LANCS-POL 12/0034".
    # A police report bears its own; a return interview those of the reports it covers.
    case_references: tuple[str, ...] = ()
    withdrawn: bool = False

    @property
    def key(self) -> Key:
        return self.agency.code, self.register, self.reference

    @property
    def bridges(self) -> bool:
        return self.category == "C01" and not self.label

    def compartment_for(self, sight: Sight) -> tuple[str, str]:
        if not self.bridges:
            return self.category, self.label or Label.FULL
        return {
            "summary": ("C01", Label.SUMMARY),
            "full": ("C01", Label.FULL),
            "location": ("C01L", Label.FULL),
        }[sight]

    def wanted_compartments(self) -> set[tuple[str, str]]:
        return {
            self.compartment_for("summary"),
            self.compartment_for("full"),
            self.compartment_for("location"),
        }


IDENTIFIERS = {
    "nhs_number": Identifier.Type.NHS,
    "upn": Identifier.Type.UPN,
    "council_child_id": Identifier.Type.COUNCIL_CHILD,
    "phone": Identifier.Type.PHONE,
}
DETAIL_FIELDS = (
    "born_on", "born_earliest", "born_latest", "birth_as_sent", "age_stated", "sex", "ethnicity", "ethnicity_list",
)  # fmt: skip
RECORD_FIELDS = (
    "surname",
    "forenames",
    "known_as",
    "district",
    "kind",
    "withdrawn",
    "born_in",
    "has_identifiers",
)


def write_records(inputs: Sequence[IdentityInput], *, by: Staff, now: datetime) -> dict[Key, UUID]:
    """Make or renew the records these rows name, with details, identifiers, addresses and search keys.

    Several rows of one person (a council's list has one for each address) make one record. A new version
    of a row replaces what its earlier versions said; another row of the same person adds to it. Until it
    is linked a record is a person by itself.
    """
    by_key: dict[Key, list[IdentityInput]] = defaultdict(list)
    for given in inputs:
        by_key[given.key].append(given)
    if not by_key:
        return {}
    agencies = {given.agency.code: given.agency for given in inputs}
    compartments = {
        code: compartments_of(
            agency, set().union(*(i.wanted_compartments() for i in inputs if i.agency.code == code))
        )
        for code, agency in agencies.items()
    }
    held = _held(by_key, by)
    replaced = earlier_versions({i.source_id for i in inputs if i.source_id})
    before = _current(RecordDetail, [record.pk for record in held.values()], by)
    old_addresses = _current(Address, [record.pk for record in held.values()], by)
    old_numbers = _current(Identifier, [record.pk for record in held.values()], by)
    numbers = iter(_next_numbers(len(by_key.keys() - held.keys())))

    new_records: list[Record] = []
    changed_records: list[Record] = []
    new_rows: dict[type, list] = {RecordDetail: [], Identifier: [], Address: []}
    outdated: dict[type, list[UUID]] = {RecordDetail: [], Identifier: [], Address: []}
    tokens: list[tuple[Record, int, str, bytes]] = []

    for key, rows in by_key.items():
        said = _merged(rows)
        replaced_here = {old for row in rows if row.source_id for old in replaced.get(row.source_id, ())}
        record = held.get(key)
        ids = compartments[key[0]]
        if record is None:
            record = Record(
                id=uuid4(),
                agency=said.agency,
                register=said.register,
                reference=said.reference,
                received_no=next(numbers),
                received_at=now,
            )
            record.person_id = record.pk
            new_records.append(record)
        else:
            said = _with_what_was_known(said, record, before.get(record.pk, []), replaced_here)
            changed_records.append(record)
        of_record: dict[str, Any] = {"record": record, "source_id": said.source_id, "recorded_at": now}

        # Addresses told by other rows of this person still stand.
        addresses = [row for row in old_addresses.get(record.pk, []) if row.source_id not in replaced_here]
        outdated[Address] += [
            row.pk for row in old_addresses.get(record.pk, []) if row.source_id in replaced_here
        ]
        for row in rows:
            for told in row.addresses:
                if any(_same_place(old, told) for old in addresses):
                    continue
                address = Address(
                    compartment_id=ids[said.compartment_for("location")],
                    address=told.address[:300],
                    postcode=told.postcode[:10],
                    district=told.district[:60],
                    from_on=told.from_on,
                    to_on=told.to_on,
                    **(of_record | {"source_id": row.source_id}),
                )
                addresses.append(address)
                new_rows[Address].append(address)

        identifiers = {}
        cases = {}
        for row in old_numbers.get(record.pk, []):
            if row.type == Identifier.Type.CASE:
                if row.source_id in replaced_here and row.value not in said.case_references:
                    outdated[Identifier].append(row.pk)
                else:
                    cases[row.value] = row
                continue
            value = getattr(said, next(name for name, kind in IDENTIFIERS.items() if kind == row.type))
            if value == row.number or (not value and row.source_id not in replaced_here):
                identifiers[row.type] = row
            else:
                outdated[Identifier].append(row.pk)
        for name, kind in IDENTIFIERS.items():
            if (value := getattr(said, name)) and kind not in identifiers:
                identifiers[kind] = Identifier(
                    compartment_id=ids[
                        said.compartment_for("location" if kind == Identifier.Type.PHONE else "full")
                    ],
                    type=kind,
                    **{"telephone" if kind == Identifier.Type.PHONE else "value": value[:60]},
                    valid=_is_valid(kind, value),
                    **of_record,
                )
                new_rows[Identifier].append(identifiers[kind])

        for reference in said.case_references:
            if reference[:60] not in cases:
                cases[reference[:60]] = Identifier(
                    compartment_id=ids[said.compartment_for("full")],
                    type=Identifier.Type.CASE,
                    value=reference[:60],
                    **of_record,
                )
                new_rows[Identifier].append(cases[reference[:60]])

        detail = RecordDetail(
            compartment_id=ids[said.compartment_for("full")],
            **{name: getattr(said, name) for name in DETAIL_FIELDS},
            **of_record,
        )
        outdated[RecordDetail] += [row.pk for row in before.get(record.pk, [])]
        new_rows[RecordDetail].append(detail)

        record.compartment_id = ids[said.compartment_for("summary")]
        record.bridges = said.bridges
        record.restricted = said.label != ""
        for name in ("surname", "forenames", "known_as"):
            setattr(record, name, getattr(said, name)[:120])
        record.district = (said.district or _district_now(addresses))[:60]
        record.kind = said.kind
        record.withdrawn = said.withdrawn
        record.born_in = _month_of_birth(said)
        record.has_identifiers = any(kind != Identifier.Type.PHONE for kind in identifiers)
        if record in new_records[-1:]:
            record.area = districts.area_from(
                districts.bits_named([record.district, *(a.district for a in addresses if not a.to_on)])
                if record.bridges
                else 0
            )
        if not record.withdrawn:
            tokens += _tokens(record, detail, identifiers, sorted(cases), addresses, said, ids)
        for new_row in (detail, *identifiers.values(), *cases.values(), *addresses):
            new_row.person_id, new_row.area = record.person_id, record.area

    Record.objects.bulk_create(new_records, batch_size=2000)
    Record.objects.bulk_update(
        changed_records, [*RECORD_FIELDS, "compartment", "bridges", "restricted"], batch_size=1000
    )
    for model, row_ids in outdated.items():
        if row_ids:
            model.objects.visible_to(by).filter(pk__among=row_ids).update(current=False)
    for model, rows_to_add in new_rows.items():
        model.objects.bulk_create(rows_to_add, batch_size=2000)
    _replace_tokens([record.pk for record in changed_records], tokens, now)
    return {
        (record.agency.code, record.register, record.reference): record.pk
        for record in (*new_records, *changed_records)
    }


def _held(by_key: Collection[Key], by: Staff) -> dict[Key, Record]:
    references: dict[tuple[str, str], list[str]] = defaultdict(list)
    for code, register, reference in by_key:
        references[code, register].append(reference)
    return {
        (code, register, record.reference): record
        for (code, register), wanted in references.items()
        for record in Record.objects.visible_to(by)
        .filter(agency__code=code, register=register, reference__in=wanted)
        .select_related("agency")
    }


def _current(model: Any, record_ids: Collection[UUID], by: Staff) -> dict[UUID, list]:
    found: dict[UUID, list] = defaultdict(list)
    if record_ids:
        for row in model.objects.visible_to(by).filter(record__among=list(record_ids), current=True):
            found[row.record_id].append(row)
    return found


def _next_numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('people_received_no') FROM generate_series(1, %s)", [count])
        return [number for (number,) in cursor.fetchall()]


def _merged(rows: Sequence[IdentityInput]) -> IdentityInput:
    """One person from several rows: the row of the address lived at now speaks first, the others fill gaps."""
    if len(rows) == 1:
        return rows[0]
    newest_first = sorted(rows, key=_newest_address, reverse=True)
    said = newest_first[0]
    gaps = {}
    for name in (*IDENTIFIERS, *DETAIL_FIELDS, "surname", "forenames", "known_as", "district"):
        if getattr(said, name) in ("", None):
            gaps[name] = next(
                (v for row in newest_first if (v := getattr(row, name)) not in ("", None)),
                getattr(said, name),
            )
    return replace(
        said,
        **gaps,
        other_references=tuple(dict.fromkeys(r for row in rows for r in row.other_references)),
        case_references=tuple(dict.fromkeys(r for row in rows for r in row.case_references)),
        withdrawn=all(row.withdrawn for row in rows),
    )


def _newest_address(row: IdentityInput) -> tuple[bool, date]:
    lived_at_now = any(a.to_on is None for a in row.addresses)
    return lived_at_now, max((a.from_on for a in row.addresses if a.from_on), default=date.min)


def _with_what_was_known(
    said: IdentityInput, record: Record, details: Sequence[RecordDetail], replaced: set[UUID]
) -> IdentityInput:
    """Keep what another row told and this one leaves out. A new version of the same row leaves nothing behind."""
    if not details or details[0].source_id in replaced:
        return said
    known = {name: getattr(details[0], name) for name in DETAIL_FIELDS} | {
        name: getattr(record, name) for name in ("surname", "forenames", "known_as", "district")
    }
    if any(getattr(said, name) for name in ("born_on", "born_earliest", "born_latest")):
        known = {name: value for name, value in known.items() if not name.startswith("b")}
    gaps = {name: value for name, value in known.items() if getattr(said, name) in ("", None)}
    return replace(said, **gaps)


def _same_place(old: Address, told: AddressInput) -> bool:
    return (old.address, old.postcode, old.district, old.from_on, old.to_on) == (
        told.address[:300], told.postcode[:10], told.district[:60], told.from_on, told.to_on,
    )  # fmt: skip


def _district_now(addresses: Iterable[Address]) -> str:
    lived_at = [a for a in addresses if a.district and a.to_on is None] or [
        a for a in addresses if a.district
    ]
    return max(lived_at, key=lambda a: a.from_on or date.min).district if lived_at else ""


def _month_of_birth(said: IdentityInput) -> date | None:
    """For an age in years. Where only a year or an age is known, the month in the middle of it."""
    if said.born_on:
        return said.born_on.replace(day=1)
    if not (said.born_earliest and said.born_latest):
        return None
    middle = said.born_earliest + (said.born_latest - said.born_earliest) / 2
    return middle.replace(day=1) if (said.born_latest - said.born_earliest).days <= 366 else None


def _is_valid(kind: str, value: str) -> bool:
    checks: dict[str, Callable[[str], bool]] = {
        Identifier.Type.NHS: nhs_number_is_valid,
        Identifier.Type.UPN: upn_is_valid,
        Identifier.Type.PHONE: lambda text: normalise_phone(text) is not None,
    }
    return checks[kind](value) if kind in checks else True


def _tokens(
    record: Record,
    detail: RecordDetail,
    identifiers: dict[str, Identifier],
    cases: list[str],
    addresses: Sequence[Address],
    said: IdentityInput,
    ids: dict[tuple[str, str], int],
) -> list[tuple[Record, int, str, bytes]]:
    standard = standardise(
        identity(
            record,
            record.agency.code,
            detail,
            {kind: row.number for kind, row in identifiers.items()},
            [row.postcode for row in addresses if row.postcode],
            cases,
        )
    )
    keys = {
        (rule, value): sight
        for rule, value, sight in (
            *linking_keys(standard),
            *search_keys(standard, (record.reference, *said.other_references)),
        )
    }
    return [
        (record, ids[said.compartment_for(sight)], rule, token(rule, value))
        for (rule, value), sight in keys.items()
    ]


def _replace_tokens(
    record_ids: Sequence[UUID], tokens: Sequence[tuple[Record, int, str, bytes]], now: datetime
) -> None:
    # Twenty or more for each record: written from arrays, in a tenth of the time of single rows. Their ids
    # run on from a random beginning: an index grows quickest at its end.
    with connection.cursor() as cursor:
        if record_ids:
            cursor.execute("DELETE FROM people_token WHERE record_id = ANY(%s)", [list(record_ids)])
        for start in range(0, len(tokens), 50_000):
            part = sorted(tokens[start : start + 50_000], key=itemgetter(3))
            cursor.execute(
                "INSERT INTO people_token"
                " (id, record_id, person_id, area, compartment_id, rule, value, current, recorded_at)"
                " SELECT (%s || lpad(to_hex(number), 12, '0'))::uuid, r, p, a, c, rule, v, true, %s"
                " FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::smallint[], %s::text[], %s::bytea[])"
                " WITH ORDINALITY AS t(r, p, a, c, rule, v, number)",
                [
                    uuid4().hex[:20],
                    now,
                    _array(str(record.pk) for record, *_ in part),
                    _array(str(record.person_id) for record, *_ in part),
                    _array(str(record.area) for record, *_ in part),
                    _array(str(compartment) for _, compartment, _, _ in part),
                    _array(rule for _, _, rule, _ in part),
                    _array(f'"\\\\x{value.hex()}"' for _, _, _, value in part),
                ],
            )


def _array(members: Iterable[str]) -> str:
    # Ids, numbers, names of rules and hashes need no escaping; the driver's own lists cost four times as much.
    return f"{{{','.join(members)}}}"
