from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from tests.unit.linkage.hard_people import hard_people

from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import standardise
from engage.methods.linkage.scorer import level_name, level_of
from engage.methods.linkage.vetoes import given_names_clearly_differ
from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember
from engage.practice.people import finding
from engage.practice.people.actions import AddressInput, link_records
from engage.practice.people.finding import SearchTerms, find
from engage.practice.people.identities import identities
from engage.practice.people.models import Record
from engage.practice.people.queries import records_of, resolve_person, shown_identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked(receiver, now, written):
    def link(*inputs):
        ids = written(*inputs)
        with acting_as(receiver, now=now):
            link_records(ids, by=receiver, now=now)
        return ids

    return link


@pytest.fixture
def found_by(people_at_work, now):
    """Ids of the persons that this colleague finds, likeliest first."""

    def search(reader: str, **terms):
        staff = people_at_work[reader]
        with acting_as(staff, now=now):
            return [c.person_id for c in find(SearchTerms(**terms), staff, now).candidates]

    return search


@pytest.fixture
def works_with(receiver, people_at_work, now):
    def join(reader: str, record_id):
        with acting_as(receiver, now=now):
            person = Record.objects.visible_to(receiver).get(pk=record_id).person_id
            CircleMember.objects.create(
                record_id=record_id, person_id=person, staff=people_at_work[reader], kind="lead",
                starts_at=now - timedelta(days=1), added_by=receiver,
            )  # fmt: skip

    return join


def test_a_nickname_finds_the_full_name_with_the_reason_in_words(people_at_work, now, linked, council_record):
    (katie,) = linked(council_record("P1", known_as=""))
    amir = people_at_work["amir"]
    with acting_as(amir, now=now):
        (first, *_) = find(SearchTerms(forenames="Kate", surname="Holden"), amir, now).candidates
    assert first.person_id == katie
    assert "Kate is a form of Katherine" in first.reasons
    assert (first.shown.name, first.shown.age) == ("Katherine Anne Holden", "14")


def test_one_name_alone_or_its_sound_finds(linked, found_by, council_record):
    (siobhan,) = linked(council_record("P1", forenames="Siobhan", surname="Fielden", known_as=""))
    assert found_by("amir", forenames="siobhan") == [siobhan]
    assert found_by("amir", surname="Fielding", forenames="Shevaun") == [siobhan]


@pytest.mark.parametrize(
    ("forenames", "surname", "reason"),
    [
        ("Tom", "Holden", "same surname; given name differs"),
        ("Kate", "Marsh", "Kate is a form of Katherine; surname differs"),
        ("Kate", "Haldhum", "Kate is a form of Katherine; surname sounds alike"),
        ("Kad", "Holden", "same surname; given name sounds alike"),
        ("Kad", "Marsh", "given name sounds alike, surname differs"),
        ("Tom", "Haldhum", "surname sounds alike, given name differs"),
        ("Kad", "Haldhum", "given name and surname sound alike"),
    ],
)
def test_only_the_name_that_sounds_alike_is_said_to(
    people_at_work, now, linked, council_record, forenames, surname, reason
):
    linked(council_record("P1"))
    amir = people_at_work["amir"]
    with acting_as(amir, now=now):
        found = find(SearchTerms(forenames=forenames, surname=surname, age=14), amir, now).candidates
    assert reason in found[0].reasons
    assert ("sound" in found[0].reasons) == ("sound" in reason)


def test_a_name_and_about_an_age_find(linked, found_by, council_record):
    katie, older = linked(
        council_record("P1"),
        council_record("P3", born_on=date(2007, 5, 6), surname="Marsh", nhs_number=""),
    )
    assert found_by("amir", forenames="Katie", age=15) == [katie, older]


def test_a_telephone_finds_for_who_may_see_telephones_and_nobody_else(
    linked, found_by, works_with, police_record
):
    (katie,) = linked(police_record("R1"))
    assert found_by("amir", numbers=("07700 900123",)) == [katie]  # the police's own record
    assert found_by("ewan", numbers=("07700 900123",)) == []
    works_with("ewan", katie)
    assert found_by("ewan", numbers=("+44 7700 900123",)) == [katie]


def test_a_date_of_birth_finds_for_who_may_see_dates_and_nobody_else(
    linked, found_by, works_with, council_record
):
    (katie,) = linked(council_record("P1"))
    assert found_by("ewan", born_on=date(2012, 3, 4)) == [katie]
    assert found_by("amir", born_on=date(2012, 3, 4)) == []
    works_with("amir", katie)
    assert found_by("amir", born_on=date(2012, 3, 4)) == [katie]


def test_a_reference_and_an_nhs_number_find(linked, found_by, council_record):
    (katie,) = linked(council_record("P-77/12"))
    assert found_by("ewan", numbers=("p-77/12",)) == [katie]
    assert found_by("ewan", numbers=("999 000 0018",)) == [katie]
    assert found_by("amir", numbers=("999 000 0018",)) == []


def test_a_child_outside_the_area_is_not_found_by_name(linked, found_by, council_record):
    pendle = AddressInput("1 Mill Lane", "BB9 1AA", "Pendle", date(2020, 1, 1))
    linked(council_record("L1", council="LCC-CSC", addresses=(pendle,)))
    assert found_by("amir", forenames="Katie", surname="Holden") == []
    assert len(found_by("farah", forenames="Katie", surname="Holden")) == 1  # her own council's record


def test_a_hidden_record_changes_nothing_that_another_reader_finds(
    agency, people_at_work, now, linked, found_by, council_record
):
    amir = people_at_work["amir"]

    def answer():
        with acting_as(amir, now=now):
            return find(SearchTerms(forenames="Katie", surname="Holden", age=14), amir, now)

    linked(council_record("P1"))
    before = answer()
    health = replace(
        council_record("H1", forenames="Kitty", known_as="Katie"),
        agency=agency["ELSH"], register="health-contacts", category="C10",
    )  # fmt: skip
    (hidden,) = linked(health)
    assert answer() == before
    assert found_by("amir", forenames="Kitty", surname="Holden") == found_by(
        "amir", forenames="Katie", surname="Holden"
    )
    dina = people_at_work["dina"]
    with acting_as(dina, now=now):
        assert hidden in [r.pk for r in records_of(before.candidates[0].person_id, dina)]
        # Her own record never changes the name that is shown.
        assert shown_identity([before.candidates[0].person_id], dina)[
            before.candidates[0].person_id
        ].name.startswith("Katherine")


def test_the_administrator_finds_nobody(linked, found_by, council_record):
    linked(council_record("P1"))
    assert found_by("max", forenames="Katie", surname="Holden") == []


def test_a_former_id_leads_to_the_person_and_an_unseen_one_nowhere(
    people_at_work, now, linked, council_record
):
    first, second = linked(council_record("P1"), council_record("L1", council="LCC-CSC"))
    for reader, sees in (("amir", True), ("max", False)):
        staff = people_at_work[reader]
        with acting_as(staff, now=now):
            if sees:
                assert resolve_person(second, staff) == first
                assert resolve_person(first, staff) == first
            else:
                with pytest.raises(Record.DoesNotExist):
                    resolve_person(first, staff)


def test_who_sees_no_day_of_birth_is_shown_an_age(people_at_work, now, linked, council_record):
    (katie,) = linked(council_record("P1", born_on=date(2012, 11, 20)))
    for reader, age, born_on in (("ewan", "13", date(2012, 11, 20)), ("amir", "13 or 14", None)):
        staff = people_at_work[reader]
        with acting_as(staff, now=now):
            shown = shown_identity([katie], staff)[katie]
            assert (shown.age, shown.born_on) == (age, born_on)


def test_a_child_is_a_year_older_from_midnight_in_london(people_at_work, linked, council_record):
    (katie,) = linked(council_record("P1", born_on=date(2012, 6, 10)))
    ewan = people_at_work["ewan"]
    for minutes, age in ((29, "13"), (31, "14")):
        now = datetime(2026, 6, 9, 22, 30, tzinfo=UTC) + timedelta(minutes=minutes)  # 23.59 and 00.01 there
        with acting_as(ewan, now=now):
            assert shown_identity([katie], ewan)[katie].age == age


ELSEWHERE = {
    "forenames": "Rhiannon",
    "surname": "Ashcombe",
    "known_as": "",
    "nhs_number": "",
    "born_on": None,
}


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param({"forenames": "Katherine", "surname": "Holden"}, id="names"),
        pytest.param({"forenames": "Katie", "surname": "Holden"}, id="alias"),
        pytest.param({"forenames": "Kathryn", "surname": "Houlden"}, id="sounds like"),
        pytest.param({"forenames": "Holden", "surname": "Katherine"}, id="swapped names"),
        pytest.param({"surname": "Holden", "age": 14}, id="surname and age"),
        pytest.param({"born_on": date(2012, 4, 3), "surname": "Holden"}, id="day and month swapped"),
        pytest.param({"numbers": ("bb2 3lu",)}, id="past address"),
        pytest.param({"numbers": ("07700 900456",)}, id="telephone"),
        pytest.param({"forenames": "Katie", "numbers": ("07700 900456",)}, id="given name and telephone"),
        pytest.param(
            {"forenames": "Kate", "surname": "Marsh", "born_on": date(2012, 3, 4)}, id="another surname"
        ),
    ],
)
def test_whatever_is_known_of_a_child_finds_them_first(linked, found_by, council_record, terms):
    lived = (
        AddressInput("3 Mill Lane", "BB2 3LU", "Blackburn with Darwen", date(2018, 1, 1), date(2021, 1, 1)),
        AddressInput("1 Weir Street", "BB1 1AA", "Blackburn with Darwen", date(2021, 1, 1)),
    )
    katie, _ = linked(
        council_record("P1", addresses=lived, phone="07700 900456"),
        council_record("P2", **ELSEWHERE),
    )
    assert found_by("ewan", **terms)[0] == katie


def test_a_former_surname_finds_by_the_record_that_still_bears_it(linked, found_by, council_record):
    first, later = linked(
        council_record("P1", surname="Marsh"), council_record("L1", council="LCC-CSC", surname="Holden")
    )
    for surname in ("Marsh", "Holden"):
        assert found_by("ewan", forenames="Katie", surname=surname)[0] == first, later


def test_a_brother_known_better_does_not_stand_before_the_child_who_is_asked_for(
    linked, found_by, council_record
):
    """Their own council tells address and telephone of the brother; of her they see what the other council says in short."""
    of_family = {"known_as": "", "nhs_number": "", "phone": "07700 900456"}
    brother, child = linked(
        council_record("P1", forenames="Oliver", born_on=date(2014, 5, 6), **of_family),
        council_record("L1", council="LCC-CSC", forenames="Megan", **of_family),
    )
    found = found_by("ewan", forenames="Megan", surname="Holden", numbers=("BB1 1AA", "07700 900456"))
    assert found[0] == child
    assert found_by("ewan", numbers=("07700 900456",)) == [brother]


def test_a_name_that_many_bear_takes_no_place_of_one_record_under_another_key(
    monkeypatch, linked, found_by, council_record
):
    monkeypatch.setattr(finding, "MOST_READ_OF_A_KEY", 3)
    many = [
        council_record(f"P{number}", nhs_number="", born_on=date(2009, 1, number), known_as="")
        for number in range(1, 9)
    ]
    *_, wanted = linked(*many, council_record("P9", forenames="Maud", surname="Ashcombe", known_as=""))
    found = found_by("ewan", forenames="Katherine", surname="Holden", numbers=("999 000 0018",))
    assert wanted in found


def test_nobody_further_is_compared_where_somebody_likely_was_found(
    people_at_work, now, linked, council_record
):
    katie, namesake = linked(
        council_record("P1"),
        council_record("P2", forenames="Tom", known_as="", nhs_number="", born_on=date(2011, 1, 2)),
    )
    ewan = people_at_work["ewan"]

    def found(**terms):
        with acting_as(ewan, now=now):
            return {one.person_id for one in find(SearchTerms(**terms), ewan, now).candidates}

    assert found(forenames="Katie", surname="Holden") == {katie}
    assert found(surname="Holden") == {katie, namesake}
    # Nobody is called that: then whoever shares the surname is told.
    assert found(forenames="Zebedee", surname="Holden") == {katie, namesake}


def test_a_search_weighs_as_the_scorer_does_and_what_is_not_asked_is_compared_with_nobody():
    """On every pair of some hundred records that hold all levels of all fields."""
    model, people = load_model(), [standardise(one) for one in hard_people()]
    assert len(people) > 100
    for asked in people:
        weigh = finding.Weighing(asked, model)
        for told in people:
            one = weigh(told, False, UUID(int=0))
            levels = [
                found
                for name in model.comparisons
                if (found := level_of(name, asked, told, model)) is not None
            ]
            assert one.levels == {found.field: found.level for found in levels}
            another = given_names_clearly_differ(asked, told)
            counted = [
                found.bits
                for found in levels
                if not (another and found.field in finding.OF_A_HOUSEHOLD and found.bits > 0)
            ]
            assert one.bits == sum(counted)


@pytest.fixture
def namesakes(linked, council_record):
    """Katie, and forty namesakes of other ages and addresses."""

    def of(many: int = 40):
        katie = council_record("P0")
        others = [
            council_record(
                f"N{n}",
                born_on=date(2008, 1, 1) + timedelta(days=40 * n),
                nhs_number="",
                addresses=(
                    AddressInput(f"{n} Elm Row", "BB3 2BB", "Blackburn with Darwen", date(2020, 1, 1)),
                ),
            )
            for n in range(1, many + 1)
        ]
        return linked(*others, katie)[-1]

    return of


def looked(reader, terms: SearchTerms, now, *, wider: bool = False):
    """What is found, and how many of whom anything was read."""
    with acting_as(reader, now=now) as at_work:
        found = find(terms, reader, now, wider=wider)
        return found, set(at_work.shown)


def test_whoever_shares_less_than_a_likely_child_is_read_only_when_asked_for(people_at_work, now, namesakes):
    katie, ewan = namesakes(), people_at_work["ewan"]
    terms = SearchTerms("Katherine", "Holden", born_on=date(2012, 3, 4))
    found, read = looked(ewan, terms, now)
    assert found.candidates[0].person_id == katie
    assert found.no_further and not found.capped and len(read) < 20
    wide, read_then = looked(ewan, terms, now, wider=True)
    assert wide.candidates[0] == found.candidates[0] and not wide.no_further
    assert read < read_then and len(read_then) == 41
    assert {one.person_id for one in found.candidates} <= read_then


def test_of_namesakes_of_whom_nothing_more_is_asked_none_is_left_out(people_at_work, now, namesakes):
    namesakes()
    found, read = looked(people_at_work["ewan"], SearchTerms("Katherine", "Holden"), now)
    # By full name alone all tell as much, and by its sound and by one of its words as well.
    assert found.found == 41 == len(read)


def test_by_less_than_a_full_name_nobody_is_left_out(people_at_work, now, namesakes):
    namesakes()
    for terms in (SearchTerms("Katie", age=14), SearchTerms("Katie", born_on=date(2012, 3, 4))):
        found, read = looked(people_at_work["ewan"], terms, now)
        assert found.found == 41 == len(read) and not found.no_further


def test_where_nobody_is_likely_everybody_who_shares_anything_is_compared(people_at_work, now, namesakes):
    namesakes()
    found, read = looked(people_at_work["ewan"], SearchTerms("Zebedee", "Holden"), now)
    assert (found.found, found.no_further) == (41, False) and len(read) == 41


@pytest.mark.parametrize("field", load_model().comparisons)
def test_what_is_read_for_some_fields_compares_as_if_all_had_been_read(
    receiver, now, written, council_record, police_record, field
):
    ids = written(
        council_record("P1", upn="A999000000001"),
        police_record("M1"),
        police_record("M2", born_on=None, addresses=(), case_references=("LANCS-POL M2",)),
        council_record("P2", council_child_id="BLK7", nhs_number="", sex="", phone="07700 900124"),
    )
    with acting_as(receiver, now=now):
        in_full = identities(ids, receiver)
        for_one_field = identities(ids, receiver, compared=frozenset({field}))
    assert in_full.keys() == for_one_field.keys() == set(ids)
    pairs = [
        (standardise(in_full[a]), standardise(in_full[b]), standardise(for_one_field[b]))
        for a in ids
        for b in ids
    ]
    levels = [level_name(field, asked, full) for asked, full, _ in pairs]
    assert any(levels)
    assert levels == [level_name(field, asked, partly) for asked, _, partly in pairs]
