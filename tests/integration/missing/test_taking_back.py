from datetime import timedelta

import pytest
from as_seen import body, seen
from october import at

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.missing import queries
from engage.practice.missing.actions import (
    TimesDoNotFit,
    decline_interview,
    hold_interview,
    record_located,
    record_return,
    regrade,
    take_back,
)
from engage.practice.missing.models import MissingReport, ReturnInterview
from engage.practice.people.models import Fact


def missing_now(people_at_work, now, code="amir"):
    with acting_as(people_at_work[code], now=now):
        return [one.id for one in queries.missing_now(people_at_work[code], now)]


def test_a_child_wrongly_marked_as_back_is_missing_again(scene, open_report, does, people_at_work, now):
    entry, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9), place="Invented Street")
    assert missing_now(people_at_work, now) == []
    taken, audited = does("ewan", take_back, open_report.pk, entry.pk, reason="Another child came back")
    assert audited == 1
    assert (taken.current, taken.taken_back_by, taken.taken_back_at) == (False, people_at_work["ewan"], now)
    assert missing_now(people_at_work, now) == [open_report.pk]
    kept = scene.report(entry.pk)
    assert (kept.returned_at, kept.taken_back_why) == (at(30, 9), "Another child came back")
    again, not_again = does("ewan", take_back, open_report.pk, entry.pk, reason="Another child came back")
    assert (again.pk, not_again) == (entry.pk, 0)


def test_what_was_taken_back_can_be_recorded_again(scene, open_report, does, people_at_work, now):
    entry, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    does("ewan", take_back, open_report.pk, entry.pk, reason="Wrong hour")
    anew, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    assert anew.pk != entry.pk
    assert seen(people_at_work, now, "amir", open_report.pk).state == "returned"


def test_a_grade_or_sighting_taken_back_leaves_what_others_said(
    scene,
    open_report,
    does,
    people_at_work,
    now,
):
    grade, _ = does("amir", regrade, open_report.pk, grade="high", reason="Invented reason")
    found, _ = does("amir", record_located, open_report.pk, located_at=at(29, 3))
    does("amir", take_back, open_report.pk, grade.pk, reason="Wrong child")
    does("amir", take_back, open_report.pk, found.pk, reason="Wrong child")
    episode = seen(people_at_work, now, "ewan", open_report.pk)
    assert (episode.grade, episode.state) == ("medium", "missing")
    with acting_as(people_at_work["amir"], now=now):
        (reason,) = Fact.objects.visible_to(people_at_work["amir"]).filter(kind="grade_reason")
        assert not reason.current


def test_an_interview_or_a_decline_taken_back_sets_the_clock_going_again(
    open_report,
    does,
    people_at_work,
    now,
):
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    declined, _ = does("ewan", decline_interview, open_report.pk, declined_at=at(30, 12), reason="No")
    does("ewan", take_back, open_report.pk, declined.pk, reason="It was her brother")
    assert not seen(people_at_work, now, "ewan", open_report.pk).interview_settled
    held, _ = does("ewan", hold_interview, open_report.pk, held_at=at(31), summary_for_team="Mistaken.")
    does("ewan", take_back, open_report.pk, held.pk, reason="Not held after all")
    episode = seen(people_at_work, now, "ewan", open_report.pk)
    assert (episode.interviews, episode.interview_settled) == ((), False)
    does("ewan", hold_interview, open_report.pk, held_at=at(31), summary_for_team="As it was.")
    (one,) = seen(people_at_work, now, "ewan", open_report.pk).interviews
    assert dict(one.said) == {"Summary for the team": "As it was."}


def test_only_the_agency_that_recorded_it_and_those_who_may_record_it_take_it_back(scene, open_report, does):
    entry, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    with pytest.raises(NotPermitted, match="Only the agency that recorded"):
        does("amir", take_back, open_report.pk, entry.pk, reason="Not so")
    with pytest.raises(NotPermitted, match="Only the agency that recorded"):
        does("dina", take_back, open_report.pk, entry.pk, reason="Not so")
    with pytest.raises(TimesDoNotFit, match="Say why"):
        does("ewan", take_back, open_report.pk, entry.pk, reason=" ")


def test_what_a_file_told_is_not_taken_back_and_hidden_equals_absent(scene, open_report, does):
    with pytest.raises(MissingReport.DoesNotExist):
        does("amir", take_back, open_report.pk, open_report.pk, reason="Not so")
    entry, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    for code in ("nia", "max", "kit", "iris"):
        with pytest.raises(MissingReport.DoesNotExist):
            does(code, take_back, open_report.pk, entry.pk, reason="Not so")
    (other,) = scene.tell(scene.police_report(scene.record(scene.police), "X", last_seen_at=at(28)))
    with pytest.raises(MissingReport.DoesNotExist):
        does("ewan", take_back, other.pk, entry.pk, reason="Not so")


def test_the_database_refuses_a_row_that_is_taken_back_and_current(scene, open_report, does):
    from django.db import IntegrityError

    entry, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    with pytest.raises(IntegrityError), acting_as(scene.receiver, now=scene.now):
        MissingReport.objects.visible_to(scene.receiver).filter(pk=entry.pk).update(taken_back_at=scene.now)


@pytest.mark.urls("site_with_episodes")
def test_the_page_offers_it_beside_the_entry_and_shows_what_was_taken_back(browse, open_report, does, now):
    entry, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    does("ewan", decline_interview, open_report.pk, declined_at=at(30, 12), reason="No")
    address = f"/episodes/{open_report.pk}/entries/{entry.pk}/take-back/"
    page = f"/episodes/{open_report.pk}/"
    assert address not in body(browse("amir").get(page))
    ewan = browse("ewan")
    assert address in body(ewan.get(page))
    assert body(ewan.get(page)).count("/take-back/") == 2
    assert "Ewan" in body(ewan.get(address))
    for _ in range(2):
        sent = ewan.post(address, {"reason": "Another child came back"})
        assert (sent.status_code, sent["Location"]) == (302, page)
    text = body(browse("amir").get(page))
    assert "Another child came back" in text
    assert "Missing for" in text


@pytest.mark.urls("site_with_episodes")
@pytest.mark.parametrize("code", ["nia", "max"])
def test_hidden_equals_absent_on_the_page(browse, open_report, does, code):
    entry, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    reader = browse(code)
    hidden = reader.get(f"/episodes/{open_report.pk}/entries/{entry.pk}/take-back/")
    absent = reader.get(f"/episodes/{open_report.pk}/entries/00000000-0000-4000-8000-000000000000/take-back/")
    assert hidden.status_code == absent.status_code == 404
    assert body(hidden) == body(absent)


def test_a_restricted_reason_is_read_only_by_who_sees_the_entry(
    scene, open_report, does, people_at_work, now
):
    entry, _ = does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    does("ewan", take_back, open_report.pk, entry.pk, reason="Not so", when=now + timedelta(minutes=1))
    reader = people_at_work["amir"]
    with acting_as(reader, now=now):
        (shown,) = queries.taken_back(queries.episode(open_report.pk, reader), reader)
        assert (shown.pk, isinstance(shown, ReturnInterview)) == (entry.pk, False)
