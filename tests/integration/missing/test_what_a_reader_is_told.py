from datetime import timedelta

import pytest
from october import at, on

from engage.methods.episodes import RETURN_NOT_FILLED_IN, TWO_CANDIDATES
from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label
from engage.practice.missing import queries
from engage.practice.missing.actions import InterviewInput, PlacesInput, ReportInput
from engage.practice.missing.models import MissingReport
from engage.practice.missing.pages import interview_words
from engage.practice.people.models import Pair
from engage.practice.people.queries import open_business


@pytest.fixture
def as_reader(people_at_work, now):
    def ask(code, question, *args, **more):
        reader = people_at_work[code]
        with acting_as(reader, now=now):
            return question(*args, reader, **more)

    return ask


def test_who_sees_one_telling_sees_an_episode_of_that_one_as_if_the_other_did_not_exist(scene, as_reader):
    """The helpline's worker outside the area sees her own agency's telling alone."""
    record = scene.record(scene.police, district="Burnley")
    told = scene.police_report(record, last_seen_at=at(1, 20), grade="high", returned_at=at(2, 9))
    rang = ReportInput(record, scene.lantern, None, "L1", "call", reported_at=at(1, 23))
    (call,) = scene.tell(rang)
    alone = as_reader("hal", queries.episode, call.pk)
    (police,) = scene.tell(told)
    assert scene.report(call.pk).episode_id == police.pk
    both = as_reader("hal", queries.episode, call.pk)
    assert (both.id, both.state, both.grade, both.account) == (
        alone.id,
        alone.state,
        alone.grade,
        alone.account,
    )
    assert [telling.source for telling in both.tellings] == ["Lantern Helpline"]
    with pytest.raises(MissingReport.DoesNotExist):
        as_reader("hal", queries.episode, police.pk)


def test_missing_now_lists_graded_high_first_and_then_the_longest(scene, as_reader, now):
    reports = {}
    for name, day, grade in (
        ("long", 1, "medium"),
        ("short", 20, "medium"),
        ("high", 28, "high"),
        ("back", 2, "high"),
    ):
        back = {"returned_at": at(3)} if name == "back" else {}
        (reports[name],) = scene.tell(
            scene.police_report(scene.record(scene.police), name, last_seen_at=at(day), grade=grade, **back)
        )
    listed = as_reader("ewan", queries.missing_now, now=now)
    assert [one.id for one in listed] == [reports[name].pk for name in ("high", "long", "short")]


def test_a_child_whose_duplicate_report_is_closed_is_still_missing(scene, as_reader, now):
    record = scene.record(scene.police)
    first, _ = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(28)),
        scene.police_report(record, "P2", last_seen_at=at(28, 13), outcome="duplicate", duplicate_of="P1"),
    )
    assert [one.id for one in as_reader("ewan", queries.missing_now, now=now)] == [first.pk]


def test_a_repeat_of_a_report_that_is_not_here_counts_until_the_report_comes(scene, as_reader, now):
    record = scene.record(scene.police)
    repeat = scene.police_report(
        record, "P2", last_seen_at=at(28, 13), outcome="duplicate", duplicate_of="P1"
    )
    (alone,) = scene.tell(repeat)
    assert (alone.outcome, alone.ended) == ("open", False)
    assert [one.id for one in as_reader("ewan", queries.missing_now, now=now)] == [alone.pk]
    assert as_reader("ewan", queries.episode, alone.pk).state == "missing"
    (first,) = scene.tell(scene.police_report(record, "P1", last_seen_at=at(28)))
    assert (scene.report(alone.pk).outcome, scene.report(alone.pk).episode_id) == ("duplicate", first.pk)
    assert [one.id for one in as_reader("ewan", queries.missing_now, now=now)] == [first.pk]
    scene.tell(scene.police_report(record, "P1", last_seen_at=at(28), withdrawn=True), repeat)
    assert scene.report(alone.pk).outcome == "open"


def test_of_reports_that_call_one_another_repeats_one_counts(scene, as_reader, now):
    record = scene.record(scene.police)
    told = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(28), outcome="duplicate", duplicate_of="P2"),
        scene.police_report(record, "P2", last_seen_at=at(28, 13), outcome="duplicate", duplicate_of="P1"),
        scene.police_report(record, "P3", last_seen_at=at(28, 14), outcome="duplicate", duplicate_of="P3"),
    )
    assert sorted(report.outcome for report in told) == ["duplicate", "open", "open"]


def test_one_agencys_word_that_the_child_is_back_takes_it_off_the_list(scene, as_reader, now):
    record = scene.record(scene.police)
    scene.tell(
        scene.police_report(record, last_seen_at=at(28)),
        scene.council_return(record, started_on=on(28), returned_on=on(30)),
    )
    assert list(as_reader("ewan", queries.missing_now, now=now)) == []
    (waiting,) = as_reader("ewan", queries.awaiting_interview, now=now)
    assert str(waiting.interview_due_on) == "2026-11-02"
    assert waiting.interview_due_at is None
    assert not waiting.overdue(now)
    assert waiting.overdue(now + timedelta(days=1))


def test_a_held_report_is_missing_now_too(scene, as_reader, now):
    record = scene.record(scene.police)
    first, second = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(20)),
        scene.police_report(record, "P2", last_seen_at=at(28)),
    )
    assert [one.id for one in as_reader("ewan", queries.missing_now, now=now)] == [first.pk, second.pk]
    assert [one.pk for one in as_reader("ewan", lambda reader: list(queries.held_reports(reader)))] == [
        second.pk
    ]


def test_awaiting_an_interview_is_nearest_clock_first_and_ends_when_it_was_held_or_declined(
    scene, as_reader, now
):
    back = {
        "long_overdue": now - timedelta(days=20),
        "just_overdue": now - timedelta(hours=73),
        "half": now - timedelta(hours=40),
        "held": now - timedelta(hours=10),
        "declined": now - timedelta(hours=10),
        "no_reply": now - timedelta(hours=5),
    }
    ids = {}
    for name, returned_at in back.items():
        record = scene.record(scene.police)
        told = scene.police_report(
            record, name, last_seen_at=returned_at - timedelta(hours=6), returned_at=returned_at
        )
        (report,) = scene.tell(told)
        ids[name] = report.pk
        if name in ("held", "declined", "no_reply"):
            said = {"held_at": now} if name == "held" else {"offered_at": now, "offer_outcome": name}
            scene.interview(
                InterviewInput(record, scene.bridge, None, f"I-{name}", report_refs=(name,), **said)
            )
    listed = [one.id for one in as_reader("ewan", queries.awaiting_interview, now=now)]
    assert listed == [ids[name] for name in ("just_overdue", "half", "no_reply", "long_overdue")]


def test_interviews_due_about_now_are_found_in_the_same_order_as_among_all(scene, as_reader, now):
    """Those of a day around now are asked first; of a day without an hour its beginning counts."""
    hours = (-200, -30, -20, 3, 23, 25, 60)
    back = {hour: now - timedelta(hours=72 - hour) for hour in hours}
    told = [
        scene.police_report(
            scene.record(scene.police),
            f"P{hour}",
            last_seen_at=returned_at - timedelta(hours=6),
            returned_at=returned_at,
        )
        for hour, returned_at in back.items()
    ]
    by_day = scene.record(scene.council)
    told.append(scene.council_return(by_day, started_on=on(20), returned_on=(now - timedelta(days=3)).date()))
    scene.tell(*told)

    def nearest(most):
        return as_reader("ewan", lambda reader: queries._nearest(reader, now, None, most))

    whole = nearest(50)
    assert len(whole) == len(told)
    assert [whole[:most] for most in range(1, 8)] == [nearest(most) for most in range(1, 8)]


def test_a_list_accounts_for_those_on_its_page_alone(scene, people_at_work, now):
    """That others wait behind them is read for the number: nobody was shown who they are."""
    records = [scene.record(scene.police) for _ in range(3)]
    scene.tell(*(scene.police_report(r, f"P{n}", last_seen_at=at(28, n)) for n, r in enumerate(records)))
    reader = people_at_work["ewan"]
    with acting_as(reader, now=now) as context:
        page = queries.missing_now(reader, now, per_page=1)
        assert page.paginator.count == 3
        assert context.shown == {scene.person_of(records[0])}


def test_what_is_known_by_its_day_is_shown_as_a_day_and_the_72_hours_may_not_be_told(scene, as_reader, now):
    record = scene.record(scene.police)
    (report,) = scene.tell(
        scene.police_report(
            record,
            last_seen_at=at(20),
            located_on=on(21),
            returned_at=at(21, 12),
            prevention_interview_on=on(21),
        )
    )

    def told(**said):
        scene.interview(InterviewInput(record, scene.bridge, None, "I1", report_refs=("P1",), **said))
        episode = as_reader("ewan", queries.episode, report.pk)
        return episode.held_in_time, interview_words(episode, now)

    assert told(held_on=on(23)) == (True, "Held 23 October 2026, within 72 hours")
    assert told(held_on=on(25)) == (False, "Held 25 October 2026, after the 72 hours")
    unknown, words = told(held_on=on(24))
    assert unknown is None
    assert "Nobody can tell" in words
    episode = as_reader("ewan", queries.episode, report.pk)
    assert (episode.account.located, episode.prevention_interview) == (on(21), on(21))
    assert list(as_reader("ewan", queries.awaiting_interview, now=now)) == []


def test_why_a_report_is_held_is_told_only_as_far_as_it_follows_from_what_the_reader_sees(scene, as_reader):
    """The helpline's worker outside the area sees her own agency's call alone, which fits two police episodes."""
    record = scene.record(scene.police, district="Burnley")
    rang = ReportInput(record, scene.lantern, None, "L1", "call", reported_at=at(2, 12))
    first = scene.police_report(record, "P1", last_seen_at=at(1, 20), returned_on=on(2))
    second = scene.police_report(record, "P2", last_seen_at=at(2, 20), returned_at=at(3, 9))
    (call,) = scene.tell(rang)
    scene.tell(first, second)
    assert scene.report(call.pk).held_reason == TWO_CANDIDATES
    assert as_reader("hal", queries.episode, call.pk).why_held == queries.A_PERSON_MUST_SAY
    said = as_reader("hal", lambda reader: queries.reasons_held(queries.held_reports(reader), reader))
    assert said == {call.pk: queries.A_PERSON_MUST_SAY}


def test_who_sees_both_reports_reads_why_one_is_held(scene, as_reader):
    record = scene.record(scene.police)
    _, second = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(20)),
        scene.police_report(record, "P2", last_seen_at=at(28)),
    )
    assert as_reader("ewan", queries.episode, second.pk).why_held == RETURN_NOT_FILLED_IN


def test_an_interview_is_said_to_cover_as_many_episodes_as_the_reader_sees(scene, as_reader, people_at_work):
    record = scene.record(scene.police)
    seen = scene.police_report(record, "P1", last_seen_at=at(1, 20), returned_at=at(2, 9))
    other = scene.police_report(record, "P2", last_seen_at=at(5, 20), returned_at=at(6, 9))
    hidden = scene.police_report(
        record, "P3", last_seen_at=at(9, 20), returned_at=at(10, 9), label=Label.RESTRICTED
    )
    report, *_ = scene.tell(seen, other, hidden)
    scene.interview(
        InterviewInput(record, scene.bridge, None, "I1", report_refs=("P1", "P2", "P3"), held_at=at(11))
    )
    (one,) = as_reader("ewan", queries.episode, report.pk).interviews
    assert (len(one.interview.episode_ids), one.covers) == (3, 2)


def test_places_are_shown_in_the_circle_and_not_in_the_area(scene, as_reader, people_at_work):
    record = scene.record(scene.police)
    (report,) = scene.tell(
        scene.police_report(record, last_seen_at=at(28), places=PlacesInput(last_seen_place="Invented Park"))
    )
    assert as_reader("ewan", queries.episode, report.pk).tellings[0].places is None
    scene.joins_circle(people_at_work["ewan"], record)
    assert as_reader("ewan", queries.episode, report.pk).tellings[0].places.last_seen_place == "Invented Park"


def test_repeat_triggers_count_episodes_and_not_tellings(scene, as_reader, now):
    record = scene.record(scene.police)
    for number, day in enumerate((10, 15)):
        scene.tell(
            scene.police_report(record, f"P{number}", last_seen_at=at(day, 8), returned_at=at(day, 12)),
            scene.council_return(record, f"C{number}", started_on=on(day), returned_on=on(day)),
        )
    person = scene.person_of(record)

    def met():
        found = as_reader("ewan", lambda reader: queries.repeat_triggers_met([person], reader, now))
        return [trigger.code for trigger in found[person]]

    assert met() == []
    scene.tell(scene.police_report(record, "P9", last_seen_at=at(28), returned_at=at(29, 20)))
    assert met() == ["REPEAT-3-IN-30", "REPEAT-3-IN-90", "LONG-24H"]


def test_who_is_missing_or_awaits_an_interview_is_business_for_pairs(scene, as_reader, people_at_work, now):
    missing, waiting, done = (scene.record(scene.police) for _ in range(3))
    scene.tell(
        scene.police_report(missing, "P1", last_seen_at=at(28)),
        scene.police_report(waiting, "P2", last_seen_at=at(28), returned_at=at(29)),
        scene.police_report(done, "P3", last_seen_at=at(1), returned_at=at(2)),
    )
    scene.interview(InterviewInput(done, scene.bridge, None, "I1", report_refs=("P3",), held_at=at(3)))
    assert queries.open_business in open_business
    reader = people_at_work["ewan"]
    with acting_as(reader, now=now):
        people = {row["person_id"] for row in queries.open_business(reader)}
        list(Pair.objects.visible_to(reader).filter(record_a__person_id__in=queries.open_business(reader)))
    assert people == {scene.person_of(missing), scene.person_of(waiting)}


def test_lists_take_as_many_queries_for_sixty_children_as_for_one(
    scene, people_at_work, now, django_assert_max_num_queries
):
    record = scene.record(scene.police)
    scene.tell(
        *(
            scene.police_report(record, f"P{n}", last_seen_at=at(1, 0, n), returned_at=at(1, 0, n))
            for n in range(60)
        )
    )
    others = [scene.record(scene.police) for _ in range(6)]
    scene.tell(*(scene.police_report(o, f"Q{n}", last_seen_at=at(28)) for n, o in enumerate(others)))
    person = scene.person_of(record)
    reader = people_at_work["ewan"]
    with acting_as(reader, now=now):
        with django_assert_max_num_queries(4):
            assert len(queries.missing_now(reader, now)) == 6
        with django_assert_max_num_queries(4):
            page = queries.awaiting_interview(reader, now, page=2)
            assert (len(page), page.paginator.count) == (10, 60)
        with django_assert_max_num_queries(4):
            assert len(queries.episodes_of(person, reader)) == 60
