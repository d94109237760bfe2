from datetime import timedelta

import pytest
from as_seen import seen
from october import at, on

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import Label
from engage.practice.missing import queries
from engage.practice.missing.actions import (
    TimesDoNotFit,
    decline_interview,
    hold_interview,
    offer_interview,
    record_located,
    record_return,
    regrade,
    settle_held_report,
    take_back,
)
from engage.practice.missing.forms import GradeForm
from engage.practice.missing.models import MissingReport
from engage.practice.people.models import Fact


def test_a_return_recorded_at_a_desk_stops_the_clock_and_starts_the_72_hours(
    open_report, does, people_at_work, now
):
    report, audited = does(
        "ewan",
        record_return,
        open_report.pk,
        returned_at=at(30, 9),
        found_by="Walked in",
        place="Invented Street",
    )
    assert audited == 1
    assert report.interview_due_at == at(30, 9) + timedelta(hours=72)
    episode = seen(people_at_work, now, "amir", open_report.pk)
    assert (episode.state, episode.interview_due_at) == ("returned", report.interview_due_at)
    assert episode.id == open_report.pk
    with acting_as(people_at_work["amir"], now=now):
        assert list(queries.missing_now(people_at_work["amir"], now)) == []
        assert [one.id for one in queries.awaiting_interview(people_at_work["amir"], now)] == [open_report.pk]


def test_the_polices_own_row_stays_as_they_told_it_and_the_difference_is_shown(
    scene, open_report, does, people_at_work, now
):
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    told = scene.police_report(
        open_report.record_id,
        last_seen_at=at(28, 20),
        reported_at=at(28, 21),
        grade="medium",
        returned_at=at(30, 7),
    )
    scene.tell(told)
    does("ewan", record_return, open_report.pk, returned_at=at(30, 8))
    assert scene.report(open_report.pk).returned_at == at(30, 7)
    episode = seen(people_at_work, now, "ewan", open_report.pk)
    (difference,) = episode.account.disagreements
    assert difference.fact == "returned"
    assert difference.said == (
        ("Lancashire Constabulary", at(30, 7)),
        ("Blackburn with Darwen Children's Services (recorded in Engage)", at(30, 8)),
    )


def test_the_same_form_sent_twice_is_written_once_and_accounted_once(scene, open_report, does):
    first, _ = does("amir", record_return, open_report.pk, returned_at=at(30, 9), found_by="A neighbour")
    again, audited = does(
        "amir", record_return, open_report.pk, returned_at=at(30, 9), found_by="A neighbour"
    )
    assert (again.pk, audited) == (first.pk, 0)
    assert len(scene.reports(told_by="desk")) == 1


def test_a_return_before_the_start_or_in_the_future_is_said_in_plain_words(open_report, does, now):
    with pytest.raises(TimesDoNotFit, match="before going missing"):
        does("amir", record_return, open_report.pk, returned_at=at(28, 19))
    with pytest.raises(TimesDoNotFit, match="not come yet"):
        does("amir", record_return, open_report.pk, returned_at=now + timedelta(minutes=5))
    with pytest.raises(TimesDoNotFit, match="if no more is known"):
        does("amir", record_return, open_report.pk)


def test_a_return_of_which_only_the_day_is_known_gives_a_due_day(open_report, does, people_at_work, now):
    does("grace", record_return, open_report.pk, returned_on=on(29))
    episode = seen(people_at_work, now, "grace", open_report.pk)
    assert (episode.interview_due_at, str(episode.interview_due_on)) == (None, "2026-11-01")
    assert episode.overdue(now)  # 2 November


@pytest.mark.parametrize(("after", "in_time"), [((71, 59), True), ((72, 0), True), ((72, 1), False)])
def test_an_interview_is_in_time_up_to_72_hours(open_report, does, people_at_work, now, after, in_time):
    later = at(30, 9) + timedelta(hours=100)
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    held_at = at(30, 9) + timedelta(hours=after[0], minutes=after[1])
    does("ewan", hold_interview, open_report.pk, held_at=held_at, summary_for_team="Invented.", when=later)
    assert seen(people_at_work, later, "ewan", open_report.pk).held_in_time is in_time


def test_found_is_not_back(open_report, does, people_at_work, now):
    does("amir", record_located, open_report.pk, located_at=at(29, 3), place="A hospital")
    episode = seen(people_at_work, now, "hal", open_report.pk)
    assert (episode.state, episode.interview_due_at) == ("located", None)
    with acting_as(people_at_work["hal"], now=now):
        assert [one.id for one in queries.missing_now(people_at_work["hal"], now)] == [open_report.pk]


def test_the_last_grade_counts_and_its_reason_is_kept_for_those_who_may_read_reasons(
    scene, open_report, does, people_at_work, now
):
    _, audited = does("amir", regrade, open_report.pk, grade="high", reason="Seen with older people")
    does("amir", regrade, open_report.pk, grade="high", reason="Seen with older people")
    assert audited == 1
    assert seen(people_at_work, now, "ewan", open_report.pk).grade == "high"
    assert scene.report(open_report.pk).grade == "medium"
    with acting_as(people_at_work["amir"], now=now):
        reasons = Fact.objects.visible_to(people_at_work["amir"]).filter(kind="grade_reason")
        assert [fact.text for fact in reasons] == ["Seen with older people"]
    with acting_as(people_at_work["hal"], now=now):
        assert not Fact.objects.visible_to(people_at_work["hal"]).filter(kind="grade_reason").exists()


def test_the_grades_used_for_children_are_a_setting(open_report, does, settings):
    with pytest.raises(TimesDoNotFit, match="grades used for children"):
        does("amir", regrade, open_report.pk, grade="low", reason="Invented")
    settings.GRADES_FOR_CHILDREN = ("low", "medium", "high")
    does("amir", regrade, open_report.pk, grade="low", reason="Invented")
    assert [value for value, _ in GradeForm().fields["grade"].choices] == ["high", "medium", "low"]


@pytest.mark.parametrize("_", range(4))  # ids are random: by chance alone it would be right every other time
def test_a_grade_from_a_desk_counts_after_one_a_file_gave_in_the_same_moment(
    scene, does, people_at_work, now, _
):
    record = scene.record(scene.police)
    (report,) = scene.tell(
        scene.police_report(record, last_seen_at=at(28, 20), reported_at=at(28, 21), grade="medium"), now=now
    )
    does("amir", regrade, report.pk, grade="high", reason="Seen with an adult nobody knows")
    assert seen(people_at_work, now, "amir", report.pk).grade == "high"
    with acting_as(people_at_work["amir"], now=now):
        assert [one.grade for one in queries.missing_now(people_at_work["amir"], now)] == ["high"]


def test_an_agency_that_grades_as_it_did_before_another_agency_graded_is_heard(
    open_report, does, people_at_work, now
):
    """Police say high, the council says medium, police say high again."""
    later = now + timedelta(minutes=10)
    does("amir", regrade, open_report.pk, grade="high", reason="Seen with older people")
    does(
        "ewan",
        regrade,
        open_report.pk,
        grade="medium",
        reason="Rang her carer",
        when=now + timedelta(minutes=5),
    )
    again, audited = does(
        "amir", regrade, open_report.pk, grade="high", reason="Seen with older people", when=later
    )
    assert (audited, again.graded_at) == (1, later)
    assert seen(people_at_work, later, "ewan", open_report.pk).grade == "high"


def test_a_new_reason_for_the_same_grade_is_kept_and_a_form_sent_twice_is_one_grading(
    scene, open_report, does, people_at_work, now
):
    does("amir", regrade, open_report.pk, grade="high", reason="Seen with older people")
    when = now + timedelta(minutes=10)
    written = [
        does("amir", regrade, open_report.pk, grade="high", reason="Her phone is off", when=when)[1]
        for _ in range(2)
    ]
    assert written == [1, 0]
    with acting_as(people_at_work["amir"], now=now):
        reasons = Fact.objects.visible_to(people_at_work["amir"]).filter(kind="grade_reason")
        assert {fact.text for fact in reasons} == {"Seen with older people", "Her phone is off"}


def test_offered_declined_and_held_are_facts_of_their_own(open_report, does, people_at_work, now):
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    does("ewan", offer_interview, open_report.pk, offered_at=at(30, 12), outcome="no_reply")
    episode = seen(people_at_work, now, "ewan", open_report.pk)
    assert ([one.state for one in episode.interviews], episode.interview_settled) == (["no_reply"], False)
    declined = {"declined_at": at(31, 12), "reason": "Does not want to talk"}
    first, audited = does("ewan", decline_interview, open_report.pk, **declined)
    again, not_again = does("ewan", decline_interview, open_report.pk, **declined)
    assert (audited, not_again, first.pk) == (1, 0, again.pk)
    with acting_as(people_at_work["ewan"], now=now):
        assert list(queries.awaiting_interview(people_at_work["ewan"], now)) == []


def test_a_child_who_declined_can_still_accept_and_be_interviewed(open_report, does, people_at_work, now):
    def waiting():
        with acting_as(people_at_work["amir"], now=now):
            return [one.id for one in queries.awaiting_interview(people_at_work["amir"], now)]

    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    does("ewan", decline_interview, open_report.pk, declined_at=at(30, 12), reason="Not now")
    assert waiting() == []
    does("hal", offer_interview, open_report.pk, offered_at=at(31, 15), outcome="accepted")
    episode = seen(people_at_work, now, "ewan", open_report.pk)
    assert (episode.interview_settled, waiting()) == (False, [open_report.pk])
    does("ewan", decline_interview, open_report.pk, declined_at=at(31, 18), reason="Not now")
    assert waiting() == []
    does("ewan", hold_interview, open_report.pk, held_at=at(31, 20), summary_for_team="Invented.")
    assert seen(people_at_work, now, "ewan", open_report.pk).held_interview
    assert waiting() == []


def test_a_corrected_text_of_an_interview_is_never_dropped_in_silence(scene, open_report, does):
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    said = {"held_at": at(31), "summary_for_team": "Ring before a visit.", "child_words": "Own words."}
    first, _ = does("ewan", hold_interview, open_report.pk, **said)
    again, audited = does("ewan", hold_interview, open_report.pk, **said)
    assert (again.pk, audited) == (first.pk, 0)
    for corrected in (
        {"summary_for_team": "Ring her aunt."},
        {"child_words": "Other words."},
        {"place_kind": "home"},
    ):
        with pytest.raises(TimesDoNotFit, match="take back that entry"):
            does("ewan", hold_interview, open_report.pk, **said | corrected)
    does("ewan", take_back, open_report.pk, first.pk, reason="Summary corrected")
    _, audited = does("ewan", hold_interview, open_report.pk, **said | {"summary_for_team": "Ring her aunt."})
    assert audited == 1


def test_one_interview_covers_the_other_episodes_that_were_ticked(
    scene, open_report, does, people_at_work, now
):
    earlier, unticked = scene.tell(
        scene.police_report(open_report.record_id, "P0", last_seen_at=at(20), returned_at=at(21)),
        scene.police_report(open_report.record_id, "PX", last_seen_at=at(10), returned_at=at(11)),
    )
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    said = {"held_at": at(31), "summary_for_team": "Invented.", "also_covers": [earlier.pk]}
    interview, audited = does("ewan", hold_interview, open_report.pk, **said)
    again, not_again = does("ewan", hold_interview, open_report.pk, **said)
    assert (audited, not_again, again.pk) == (1, 0, interview.pk)
    for report_id, settled in ((open_report.pk, True), (earlier.pk, True), (unticked.pk, False)):
        assert seen(people_at_work, now, "ewan", report_id).interview_settled is settled
    (shown,) = seen(people_at_work, now, "ewan", earlier.pk).interviews
    assert shown.covers == 2


def test_an_interview_does_not_cover_another_childs_episode_or_one_that_goes_on(scene, open_report, does):
    (other,) = scene.tell(
        scene.police_report(scene.record(scene.police), "X", last_seen_at=at(20), returned_at=at(21))
    )
    (hidden,) = scene.tell(
        scene.police_report(
            open_report.record_id, "Y", last_seen_at=at(20), returned_at=at(21), label=Label.RESTRICTED
        )
    )
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    for report_id in (other.pk, hidden.pk):
        with pytest.raises(MissingReport.DoesNotExist):
            does(
                "ewan",
                hold_interview,
                open_report.pk,
                held_at=at(31),
                summary_for_team="Invented.",
                also_covers=[report_id],
            )


def test_the_childs_own_words_are_for_those_who_may_read_them(scene, open_report, does, people_at_work, now):
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    for code in ("ewan", "amir"):
        scene.joins_circle(people_at_work[code], open_report.record_id)
    _, audited = does(
        "ewan",
        hold_interview,
        open_report.pk,
        held_at=at(31),
        summary_for_team="Ring before a visit.",
        child_words="Own words.",
        actions="Police: drive past the park.",
    )
    assert audited == 1
    said = {
        code: dict(seen(people_at_work, now, code, open_report.pk).interviews[0].said)
        for code in ("ewan", "amir")
    }
    assert said["ewan"]["The child's own words"] == "Own words."
    assert said["amir"] == {
        "Summary for the team": "Ring before a visit.",
        "What is to be done": "Police: drive past the park.",
    }


def test_who_may_see_and_not_do_is_told_why(open_report, does):
    refused = [
        ("dina", record_return, {"returned_at": at(30)}, "record that a child is back"),
        ("hal", regrade, {"grade": "high", "reason": "x"}, "grade a missing episode"),
        ("ewan", offer_interview, {"offered_at": at(30)}, "Record first that the child is back"),
        ("amir", hold_interview, {"held_at": at(30), "summary_for_team": "x"}, "what was said"),
    ]
    for code, deed, said, sentence in refused:
        with pytest.raises(NotPermitted, match=sentence):
            does(code, deed, open_report.pk, **said)


def test_an_ended_and_a_cancelled_episode_refuse_with_a_sentence(scene, open_report, does):
    does("ewan", record_return, open_report.pk, returned_at=at(30, 9))
    with pytest.raises(NotPermitted, match="has ended"):
        does("amir", regrade, open_report.pk, grade="high", reason="Late")
    with pytest.raises(NotPermitted, match="has ended"):
        does("amir", record_located, open_report.pk, located_at=at(29))
    (cancelled,) = scene.tell(
        scene.police_report(
            scene.record(scene.police), "X", last_seen_at=at(1), outcome="cancelled_not_missing"
        )
    )
    with pytest.raises(NotPermitted, match="recorded as not missing"):
        does("amir", record_return, cancelled.pk, returned_at=at(2))


def test_to_someone_who_may_not_see_it_the_episode_does_not_exist(open_report, does, now):
    for code in ("nia", "max", "kit", "iris"):
        with pytest.raises(MissingReport.DoesNotExist):
            does(code, record_return, open_report.pk, returned_at=at(30))


def test_a_held_report_is_settled_as_the_same_absence(scene, open_report, does):
    second, _ = held_after(scene, open_report)
    settled, audited = does("grace", settle_held_report, second.pk, same_episode_as=open_report.pk)
    assert (settled.episode_id, settled.held_reason, audited) == (open_report.pk, "", 1)
    again, audited = does("grace", settle_held_report, second.pk, same_episode_as=open_report.pk)
    assert (again.pk, audited) == (second.pk, 0)


def test_a_held_report_is_settled_as_an_absence_of_its_own_and_the_next_version_keeps_that(
    scene, open_report, does
):
    second, told = held_after(scene, open_report)
    settled, _ = does("amir", settle_held_report, second.pk, separate=True)
    assert (settled.episode_id, settled.held_reason) == (second.pk, "")
    (corrected,) = scene.tell(told(grade="high"))
    assert (corrected.pk, corrected.episode_id) == (second.pk, second.pk)


def test_the_helpline_does_not_settle_held_reports_and_a_settled_one_is_not_settled_anew(
    scene, open_report, does
):
    second, _ = held_after(scene, open_report)
    with pytest.raises(NotPermitted, match="say which missing episode"):
        does("hal", settle_held_report, second.pk, separate=True)
    does("amir", settle_held_report, second.pk, separate=True)
    with pytest.raises(NotPermitted, match="settled this report already"):
        does("amir", settle_held_report, second.pk, same_episode_as=open_report.pk)


def test_a_desk_row_does_not_tear_an_episode_apart_when_two_people_work_on_it(
    scene, open_report, does, people_at_work
):
    scene.tell(scene.council_return(open_report.record_id, started_on=on(28)))
    (council,) = scene.reports(told_by="return_file")
    assert council.episode_id == open_report.pk
    does("amir", record_located, open_report.pk, located_at=at(29))
    does("ewan", record_return, council.pk, returned_at=at(30))
    assert {report.episode_id for report in scene.reports(current=True)} == {open_report.pk}


def held_after(scene, open_report):
    def told(**more):
        return scene.police_report(open_report.record_id, "P2", last_seen_at=at(30, 20), **more)

    (second,) = scene.tell(told())
    assert second.held_reason
    return second, told
