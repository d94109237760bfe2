"""A second opinion, and hidden repeats: words that are kept and move nobody until, or unless, two people agree."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.people import queries
from engage.practice.people.actions import judge_pair, link_records
from engage.practice.people.actions.opinions import repeated
from engage.practice.people.agreeing import agreement_of_reviewers
from engage.practice.people.models import Judgement, Opinion, Pair, Record
from engage.practice.people.waiting import opinions_shown, pairs_in_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def something_is_open(monkeypatch, settings):
    settings.PAIRS_REPEATED_ONE_IN = 0
    monkeypatch.setattr(
        queries, "open_business", [lambda reader: Record.objects.visible_to(reader).values("person_id")]
    )


@pytest.fixture
def pair(receiver, now, written, council_record, police_record):
    ids = written(council_record("P1"), police_record("R1", forenames="Eleanor"))
    with acting_as(receiver, now=now):
        link_records(ids, by=receiver, now=now)
        return Pair.objects.visible_to(receiver).get()


@pytest.fixture
def says(people_at_work, now, pair):
    def say(who: str, verdict: str, reason: str = "Invented", at=now, **more):
        by = people_at_work[who]
        with acting_as(by, now=at):
            return judge_pair(pair_id=pair.pk, verdict=verdict, reason=reason, by=by, now=at, **more)

    return say


@pytest.fixture
def asked(people_at_work, now):
    def of(who: str, at=now):
        with acting_as(people_at_work[who], now=at):
            return [one.pk for one in pairs_in_order(people_at_work[who], at)]

    return of


@pytest.fixture
def standing_of(receiver, now, pair):
    def read():
        with acting_as(receiver, now=now):
            row = Pair.objects.visible_to(receiver).get()
            persons = set(Record.objects.visible_to(receiver).values_list("person_id", flat=True))
            said = Judgement.objects.visible_to(receiver).filter(by_person=True).count()
            return row.state, row.once_more, len(persons), said

    return read


def test_a_second_opinion_is_asked_of_a_colleague_and_both_together_decide(says, asked, standing_of, pair):
    kept = says("ewan", "same", "Her middle name", ask_second=True)
    assert kept.made is None and standing_of() == ("open", "second", 2, 0)
    assert asked("ewan") == [] and asked("amir") == [pair.pk]
    with pytest.raises(NotPermitted, match="a colleague gives it"):
        says("ewan", "same")
    agreed = says("amir", "same", "Same carer")
    assert agreed.one_person and agreed.judgement.by.code == "amir"
    assert standing_of() == ("decided", "", 1, 1)


def test_what_the_first_thinks_is_kept_back_until_the_second_answered_and_a_disagreement_changes_nothing(
    says, asked, standing_of, pair, people_at_work, now
):
    says("ewan", "same", "Her middle name", ask_second=True)
    amir = people_at_work["amir"]
    with acting_as(amir, now=now):
        assert opinions_shown(Pair.objects.visible_to(amir).get(), amir) == []
    differs = says("amir", "not_same", "Two sisters", at=now + timedelta(minutes=5))
    assert differs.kept.agrees is False and standing_of() == ("open", "disagree", 2, 0)
    with acting_as(amir, now=now):
        shown = opinions_shown(Pair.objects.visible_to(amir).get(), amir)
        assert [(one.by.code, one.verdict, one.reason) for one in shown] == [
            ("ewan", "same", "Her middle name"),
            ("amir", "not_same", "Two sisters"),
        ]
    assert asked("grace") == [pair.pk]
    says("grace", "not_same", "The school knows both", at=now + timedelta(hours=1))
    assert standing_of() == ("decided", "", 2, 1)


def test_an_opinion_is_never_altered_and_is_seen_by_nobody_who_does_not_see_the_pair(
    says, people_at_work, now
):
    says("ewan", "same", ask_second=True)
    for reader in ("max", "nia"):
        with acting_as(people_at_work[reader], now=now):
            assert not Opinion.objects.visible_to(people_at_work[reader]).exists()
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        for change in (lambda rows: rows.update(verdict="not_same"), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change(Opinion.objects.visible_to(ewan))


def test_who_may_not_judge_gives_no_opinion(says, people_at_work, now, pair):
    with pytest.raises(Pair.DoesNotExist):
        says("max", "same", ask_second=True)
    with pytest.raises(NotPermitted, match="Say what you think"):
        says("ewan", "unsure", ask_second=True)
    with pytest.raises(NotPermitted, match="not related to each other"):
        says("ewan", "same", relation="twin")


def test_one_decided_pair_in_so_many_is_put_before_another_and_looks_like_any_other(
    says, asked, standing_of, pair, settings, now
):
    settings.PAIRS_REPEATED_ONE_IN = 1
    says("ewan", "same")
    assert standing_of() == ("decided", "repeat", 1, 1)
    assert asked("ewan") == [] and asked("amir") == [pair.pk]
    assert asked("ewan", now + timedelta(days=31)) == [pair.pk]
    agrees = says("amir", "same", "The same carer")
    assert agrees.kept.agrees and agrees.made is None
    # Nothing moved: one judgement stands, and the pair is not asked about a third time.
    assert standing_of() == ("decided", "", 1, 1) and asked("grace") == []


@pytest.mark.parametrize(
    ("answer", "left"), [("not_same", ("open", "disagree")), ("unsure", ("decided", ""))]
)
def test_a_repeat_that_contradicts_needs_attention_and_moves_nobody(
    says, asked, standing_of, pair, settings, answer, left
):
    settings.PAIRS_REPEATED_ONE_IN = 1
    says("ewan", "same")
    says("amir", answer, "Two sisters")
    assert standing_of() == (*left, 1, 1)
    assert (asked("grace") == [pair.pk]) is (answer == "not_same")
    settings.PAIRS_REPEATED_ONE_IN = 0


def test_which_pairs_are_repeated_follows_from_the_pair_alone():
    pairs = [(UUID(int=2 * n), UUID(int=2 * n + 1)) for n in range(4000)]
    chosen = [pair for pair in pairs if repeated(*pair, 20)]
    assert 150 < len(chosen) < 250 and chosen == [pair for pair in pairs if repeated(*pair, 20)]
    assert not any(repeated(*pair, 0) for pair in pairs)


def test_how_well_reviewers_agree_is_told_with_its_interval_and_hidden_pairs_are_not_counted(
    says, settings, people_at_work, now, pair
):
    settings.PAIRS_REPEATED_ONE_IN = 1
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        none = agreement_of_reviewers(grace, now)
        assert (none.compared, none.share, none.low) == (0, None, None)
    says("ewan", "same")
    says("amir", "same")
    with acting_as(grace, now=now):
        told = agreement_of_reviewers(grace, now)
        assert (told.agreed, told.compared, told.unsure, told.share) == (1, 1, 0, 1.0)
        assert told.low == pytest.approx(0.2065, abs=1e-4) and told.high == 1.0
    with acting_as(people_at_work["nia"], now=now):
        assert agreement_of_reviewers(people_at_work["nia"], now).compared == 0
