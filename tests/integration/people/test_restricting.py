"""A restricted child: the named alone, in every agency, through new files, joining and un-joining."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import CircleMember, Restriction
from engage.practice.people.actions import bar, judge_pair, judge_records, lift, restrict, unbar, undo
from engage.practice.people.models import Judgement, Pair, Record
from engage.practice.people.queries import conflicts_of, conflicts_told_since

pytestmark = pytest.mark.django_db
REASON = "Invented for a test"


@pytest.fixture
def sees(people_at_work, now):
    """Ids of the records somebody sees: by the first wall, and by the database alone."""

    def of(code: str, at=now) -> set:
        with acting_as(people_at_work[code], now=at):
            first = set(Record.objects.visible_to(people_at_work[code]).values_list("pk", flat=True))
            with connection.cursor() as cursor:
                cursor.execute("SELECT id FROM people_record")
                second = {pk for (pk,) in cursor.fetchall()}
        assert first == second
        return first

    return of


@pytest.fixture
def restricted(people_at_work, now):
    """Restrict a child: Grace decides, Ewan is named."""

    def do(person_id, kind="high_profile", named=("ewan",), by="grace", reason=REASON):
        manager = people_at_work[by]
        with acting_as(manager, now=now):
            restrict(
                person_id=person_id,
                kind=kind,
                reason=reason,
                named=[people_at_work[code] for code in named],
                by=manager,
                now=now,
            )

    return do


@pytest.fixture
def katie(sent, police_record, council_record):
    """A child of two records, one of the police and one of a council."""
    police, _ = sent(police_record("R1"))
    council, outcome = sent(council_record("P1", phone="07700 900123"))
    assert outcome.persons == {police}
    return police, council


def test_only_those_named_see_anything_of_the_child_the_owner_s_own_staff_too(katie, sees, restricted):
    everybody = ("grace", "ewan", "amir", "beth", "carys", "hal", "farah")
    before = {code: sees(code) for code in everybody}
    assert all(set(katie) & before[code] for code in ("grace", "ewan", "amir", "carys"))
    restricted(katie[0])
    after = {code: sees(code) & set(katie) for code in everybody}
    assert after == {
        code: before[code] & set(katie) if code in ("grace", "ewan") else set() for code in everybody
    }


def test_lifting_gives_everybody_back_what_they_saw(katie, sees, restricted, people_at_work, now):
    before = {code: sees(code) for code in ("grace", "ewan", "amir", "carys")}
    restricted(katie[0])
    later = now + timedelta(minutes=1)
    with acting_as(people_at_work["grace"], now=later):
        lift(person_id=katie[0], reason=REASON, by=people_at_work["grace"], now=later)
    assert {code: sees(code, later) for code in before} == before
    with acting_as(people_at_work["service_receiver"], now=later):
        assert not CircleMember.objects.filter(kind="named", ends_at=None).exists()


def test_r2_a_correction_of_a_restricted_record_stays_restricted(
    katie, sees, restricted, sent, police_record
):
    restricted(katie[0])
    police, _ = sent(police_record("R1", forenames="Katherine"))
    assert police == katie[0]
    assert police not in sees("amir")


def test_r2_an_update_that_resembles_a_restricted_child_makes_no_open_copy(
    katie, sees, restricted, sent, council_record, people_at_work, now
):
    restricted(katie[0])
    copy, outcome = sent(council_record("P9", council="LCC-CSC", phone="07700 900123"))
    assert (outcome.joined, outcome.shielded) == (0, 1)
    assert copy not in sees("farah") and copy not in sees("amir")  # Farah works for the council that sent it
    assert copy in sees("grace")
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        pair = Pair.objects.visible_to(grace).get(
            record_a_id__in=[copy, *katie], record_b_id__in=[copy, *katie]
        )
        assert pair.why == "restricted"
    with acting_as(people_at_work["amir"], now=now):
        assert not Pair.objects.visible_to(people_at_work["amir"]).exists()


@pytest.mark.parametrize("verdict", ["same", "not_same"])
def test_what_somebody_named_says_settles_it(
    verdict, katie, sees, restricted, sent, council_record, people_at_work, now
):
    restricted(katie[0])
    copy, _ = sent(council_record("P9", council="LCC-CSC", phone="07700 900123"))
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        pair = Pair.objects.visible_to(grace).get(why="restricted")
        judge_pair(pair_id=pair.pk, verdict=verdict, reason=REASON, by=grace, now=now)
    assert (copy in sees("farah")) == (verdict == "not_same")
    assert katie[1] not in sees("farah") and katie[0] not in sees("amir")
    with acting_as(people_at_work["service_receiver"], now=now):
        kinds = set(Restriction.objects.filter(ends_at=None).values_list("kind", flat=True))
        assert kinds == {"high_profile"}
    # Said once that it is another child, the same row sent anew does not hide it again.
    if verdict == "not_same":
        sent(council_record("P9", council="LCC-CSC", phone="07700 900123", forenames="Katherine"))
        assert copy in sees("farah")


def test_r2_un_joining_strips_no_record_of_its_label(katie, sees, restricted, people_at_work, now):
    restricted(katie[0])
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        joined = Judgement.objects.visible_to(grace).get(verdict="same")
        undo(judgement_id=joined.pk, reason=REASON, by=grace, now=now)
    assert not set(katie) & sees("amir")
    assert set(katie) <= sees("grace")  # named for both


def test_r2_the_strictest_label_wins_when_an_open_child_is_joined(
    katie, sees, restricted, sent, police_record, people_at_work, now
):
    other, _ = sent(police_record("R7", forenames="Josephine", phone="", born_on=None, addresses=()))
    restricted(katie[0])
    assert other in sees("amir")
    grace, ewan = people_at_work["grace"], people_at_work["ewan"]
    with acting_as(people_at_work["service_receiver"], now=now):
        assert Record.objects.visible_to(people_at_work["service_receiver"]).get(pk=other).person_id == other
        CircleMember.objects.bulk_create(
            CircleMember(
                record_id=other, person_id=other, staff=one, kind="lead", starts_at=now, added_by=grace
            )
            for one in (grace, ewan)
        )
    with acting_as(grace, now=now):
        judge_records(record_a=katie[0], record_b=other, verdict="same", reason=REASON, by=grace, now=now)
    assert other not in sees("amir")
    with acting_as(grace, now=now):
        said = Judgement.objects.visible_to(grace).get(verdict="same", by_person=True)
        undo(judgement_id=said.pk, reason=REASON, by=grace, now=now)
    assert other in sees("amir") and katie[0] not in sees("amir")


def test_who_was_named_and_is_not_any_more_sees_nothing(katie, sees, restricted):
    restricted(katie[0], named=("ewan", "amir"))
    assert katie[0] in sees("amir")
    restricted(katie[0], named=("ewan",))
    assert katie[0] not in sees("amir")


def test_somebody_barred_is_not_let_in_by_being_named(katie, sees, restricted, people_at_work, now):
    from engage.practice.access.models import Barred

    receiver = people_at_work["service_receiver"]
    with acting_as(receiver, now=now):
        Barred.objects.create(
            record_id=katie[0],
            person_id=katie[0],
            staff=people_at_work["amir"],
            added_at=now,
            added_by=receiver,
        )
    restricted(katie[0], named=("ewan", "amir"))
    assert katie[0] not in sees("amir")


def test_who_worked_with_the_child_before_learns_no_more_who_does(katie, restricted, people_at_work, now):
    amir, receiver = people_at_work["amir"], people_at_work["service_receiver"]
    with acting_as(receiver, now=now):
        CircleMember.objects.create(
            record_id=katie[0], person_id=katie[0], staff=amir, kind="lead", starts_at=now, added_by=receiver
        )
    restricted(katie[0])
    with acting_as(amir, now=now):
        assert {one.staff_id for one in CircleMember.objects.visible_to(amir).filter(person_id=katie[0])} == {
            amir.pk
        }


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"by": "ewan"}, "Only the team manager"),
        ({"named": ()}, "Name at least one colleague"),
        ({"reason": " "}, "Say why"),
        ({"kind": "likeness"}, "Choose why"),
    ],
)
def test_what_is_refused(changed, sentence, katie, restricted, sees):
    with pytest.raises(NotPermitted, match=sentence):
        restricted(katie[0], **changed)
    assert katie[0] in sees("amir")


def test_a_child_whom_the_manager_does_not_see_does_not_exist(katie, restricted):
    from uuid import uuid4

    with pytest.raises(Record.DoesNotExist):
        restricted(uuid4())


@pytest.fixture
def bars(people_at_work, now):
    def say(person_id, colleague="amir", by="amir", reason=REASON):
        with acting_as(people_at_work[by], now=now):
            bar(
                person_id=person_id,
                colleague=people_at_work[colleague],
                reason=reason,
                by=people_at_work[by],
                now=now,
            )

    return say


def test_who_says_a_conflict_of_interest_sees_nothing_of_the_child_and_the_manager_is_told(
    katie, sees, bars, people_at_work, now
):
    bars(katie[0])
    assert not set(katie) & sees("amir") and katie[0] in sees("beth")
    grace, ewan = people_at_work["grace"], people_at_work["ewan"]
    with acting_as(grace, now=now):
        told = conflicts_told_since(now - timedelta(days=1), grace)
        assert [(one.staff.code, one.reason) for one in told] == [("amir", REASON)]
        assert [one.staff.code for one in conflicts_of(katie[0], grace)] == ["amir"]
    with acting_as(ewan, now=now):
        assert conflicts_told_since(now - timedelta(days=1), ewan) == []


def test_the_manager_says_it_of_a_colleague_and_that_it_is_no_more(katie, sees, bars, people_at_work, now):
    bars(katie[0], "carys", "grace")
    assert katie[0] not in sees("carys")
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        unbar(person_id=katie[0], colleague=people_at_work["carys"], by=grace, now=now)
    assert katie[0] in sees("carys")


def test_nobody_else_bars_a_colleague_and_nobody_lets_themselves_in_again(katie, bars, people_at_work, now):
    with pytest.raises(NotPermitted, match="of a colleague the team manager"):
        bars(katie[0], "carys", "ewan")
    bars(katie[0], "ewan", "ewan")
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now), pytest.raises(Record.DoesNotExist):
        unbar(person_id=katie[0], colleague=ewan, by=ewan, now=now)


def test_a_conflict_holds_for_each_record_when_they_are_taken_apart(katie, sees, bars, people_at_work, now):
    bars(katie[0])
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        joined = Judgement.objects.visible_to(grace).get(verdict="same")
        undo(judgement_id=joined.pk, reason=REASON, by=grace, now=now)
    assert not set(katie) & sees("amir")


def test_a_child_restricted_again_is_protected_from_the_same_likeness_again(
    katie, sees, restricted, sent, council_record, people_at_work, now
):
    restricted(katie[0])
    copy, _ = sent(council_record("P9", council="LCC-CSC", phone="07700 900123"))
    with acting_as(people_at_work["grace"], now=now):
        lift(person_id=katie[0], reason=REASON, by=people_at_work["grace"], now=now)
    assert copy in sees("farah")
    restricted(katie[0])
    sent(council_record("P9", council="LCC-CSC", phone="07700 900123", forenames="Katherine"))
    assert copy not in sees("farah")
