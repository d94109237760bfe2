from october import at, on

from engage.methods.episodes import LONG_WITHOUT_RETURN
from engage.practice.access.gate import acting_as
from engage.practice.missing.actions import InterviewInput, PlacesInput, ReportInput, write_reports
from engage.practice.missing.models import MissingReport, ReportPlaces


def test_three_agencies_telling_of_one_time_missing_give_one_episode(scene):
    seen_by_police, at_council, rang = (scene.record(a) for a in (scene.police, scene.council, scene.lantern))
    scene.same_person(seen_by_police, at_council)
    scene.same_person(seen_by_police, rang)
    told = scene.tell(
        scene.police_report(seen_by_police, last_seen_at=at(1, 20), returned_at=at(2, 9)),
        scene.council_return(at_council, started_on=on(1), returned_on=on(2)),
        ReportInput(rang, scene.lantern, None, "L1", "call", reported_at=at(1, 23)),
    )
    assert {report.episode_id for report in told} == {told[0].pk}
    assert not any(report.held_reason for report in told)


def test_joining_two_records_joins_their_tellings_by_itself_and_parting_them_parts_them(scene):
    police, council = scene.record(scene.police), scene.record(scene.council)
    told = scene.tell(
        scene.police_report(police, last_seen_at=at(1, 20), returned_at=at(2, 9)),
        scene.council_return(council, started_on=on(1), returned_on=on(2)),
    )
    assert len({report.episode_id for report in told}) == 2
    scene.same_person(police, council)
    assert {scene.report(report.pk).episode_id for report in told} == {told[0].pk}
    scene.same_person(police, council, "not_same")
    assert [scene.report(report.pk).episode_id for report in told] == [report.pk for report in told]


def test_a_source_that_knows_only_days_matches_by_day(scene):
    record = scene.record(scene.police)
    first, second, by_day = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(1, 20), returned_at=at(2, 9)),
        scene.police_report(record, "P2", last_seen_at=at(7, 20), returned_at=at(8, 9)),
        scene.council_return(record, started_on=on(7), returned_on=on(8)),
    )
    assert by_day.episode_id == second.pk != first.pk


def test_a_new_report_before_a_return_is_held_and_released_when_the_return_is_filled_in(scene):
    record = scene.record(scene.police)
    _, second = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(1, 20)),
        scene.police_report(record, "P2", last_seen_at=at(5, 20)),
    )
    assert second.episode_id is None
    assert "no return yet" in second.held_reason
    scene.tell(scene.police_report(record, "P1", last_seen_at=at(1, 20), returned_at=at(2, 9)))
    released = scene.report(second.pk)
    assert (released.episode_id, released.held_reason) == (second.pk, "")


def test_a_referral_of_weeks_ago_and_a_police_report_of_now_are_two_times_missing(scene):
    record = scene.record(scene.police)
    referral, police, call = scene.tell(
        ReportInput(record, scene.council, None, "REF1", "referral", reported_at=at(1)),
        scene.police_report(record, "P1", last_seen_at=at(27, 20), returned_at=at(28, 9)),
        ReportInput(record, scene.lantern, None, "L1", "call", reported_at=at(27, 23)),
    )
    assert referral.episode_id == referral.pk
    assert call.episode_id == police.episode_id == police.pk


def test_what_another_agency_tells_three_weeks_after_a_report_nobody_closed_is_held(scene):
    record = scene.record(scene.police)
    _, council = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(1, 20)),
        scene.council_return(record, started_on=on(25), returned_on=on(26)),
    )
    assert (council.episode_id, council.held_reason) == (None, LONG_WITHOUT_RETURN)


def test_a_report_keeps_its_id_through_its_versions_and_the_earlier_one_stands_aside(scene):
    record = scene.record(scene.police)
    places = PlacesInput(last_seen_place="Invented Park")
    (first,) = scene.tell(scene.police_report(record, last_seen_at=at(1, 20), grade="high", places=places))
    (second,) = scene.tell(
        scene.police_report(record, last_seen_at=at(1, 20), returned_at=at(2, 9), grade="high", places=places)
    )
    assert second.pk == first.pk == second.episode_id
    assert second.returned_at == at(2, 9)
    (earlier,) = scene.reports(current=False)
    assert (earlier.reference, earlier.returned_at, earlier.ended) == ("P1", None, False)
    with acting_as(scene.receiver, now=scene.now):
        standing = ReportPlaces.objects.visible_to(scene.receiver).filter(current=True)
        assert [row.report_id for row in standing] == [first.pk]


def test_two_rows_of_one_reference_in_one_chunk_leave_the_last_standing(scene):
    record = scene.record(scene.police)
    scene.tell(
        scene.police_report(record, last_seen_at=at(1, 20)),
        scene.police_report(record, last_seen_at=at(1, 20), returned_at=at(2, 9)),
    )
    assert [report.returned_at for report in scene.reports(current=True)] == [at(2, 9)]
    assert len(scene.reports(current=False)) == 1


def test_the_same_grade_in_a_later_version_is_no_new_grading(scene, now):
    record = scene.record(scene.police)
    (first,) = scene.tell(scene.police_report(record, last_seen_at=at(1), grade="medium"), now=at(1))
    (same,) = scene.tell(scene.police_report(record, last_seen_at=at(1), grade="medium"), now=at(2))
    (other,) = scene.tell(scene.police_report(record, last_seen_at=at(1), grade="high"), now=at(3))
    assert (first.graded_at, same.graded_at, other.graded_at) == (at(1), at(1), at(3))


def test_the_clock_of_72_hours_is_stored_with_the_report_across_the_change_to_winter_time(scene):
    record = scene.record(scene.police)
    (told,) = scene.tell(scene.police_report(record, last_seen_at=at(23), returned_at=at(24, 12)))
    assert told.interview_due_at == at(27, 12)
    assert told.interview_due_on is None


def test_a_return_known_by_its_day_gives_a_due_day_and_no_hour(scene):
    record = scene.record(scene.council)
    (told,) = scene.tell(scene.council_return(record, started_on=on(1), returned_on=on(2)))
    assert (told.interview_due_at, told.interview_due_on) == (None, on(5))


def test_one_marked_as_not_missing_starts_no_clock(scene):
    record = scene.record(scene.police)
    (told,) = scene.tell(
        scene.police_report(record, last_seen_at=at(1), returned_at=at(2), outcome="cancelled_not_missing")
    )
    assert told.interview_due_at is None


def test_a_duplicate_by_the_agencys_own_word_joins_the_report_it_names(scene):
    record = scene.record(scene.police)
    first, again, unknown = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(1, 20), returned_at=at(2, 9)),
        scene.police_report(record, "P2", last_seen_at=at(1, 21), outcome="duplicate", duplicate_of="P1"),
        scene.police_report(record, "P3", last_seen_at=at(9), outcome="duplicate", duplicate_of="P0"),
    )
    assert again.episode_id == first.pk
    assert "not here" in unknown.held_reason


def test_a_withdrawn_report_leaves_the_episode_and_stays_on_record(scene):
    record = scene.record(scene.police)
    scene.tell(scene.police_report(record, last_seen_at=at(1)))
    scene.tell(scene.police_report(record, last_seen_at=at(1), withdrawn=True))
    assert scene.reports(current=True) == []
    assert len(scene.reports()) == 2


def test_an_interview_covers_the_episodes_whose_references_it_gives(scene):
    record, at_bridge = scene.record(scene.police), scene.record(scene.bridge)
    scene.same_person(record, at_bridge)
    first, second, _ = scene.tell(
        scene.police_report(record, "P1", last_seen_at=at(1, 20), returned_at=at(2, 9)),
        scene.police_report(record, "P2", last_seen_at=at(5, 20), returned_at=at(6, 9)),
        scene.police_report(record, "P3", last_seen_at=at(9, 20), returned_at=at(10, 9)),
    )
    scene.interview(
        InterviewInput(at_bridge, scene.bridge, None, "I1", report_refs=("P1", "P2"), held_at=at(7)),
        InterviewInput(at_bridge, scene.bridge, None, "I2", returned_at=at(10, 10), held_at=at(12)),
        InterviewInput(at_bridge, scene.bridge, None, "I3", held_at=at(7)),
        InterviewInput(at_bridge, scene.bridge, None, "I4", report_refs=("P9",), held_at=at(7)),
    )
    from engage.practice.missing.models import ReturnInterview

    with acting_as(scene.receiver, now=scene.now):
        covered = dict(
            ReturnInterview.objects.visible_to(scene.receiver).values_list("reference", "episode_ids")
        )
    third = scene.reports(reference="P3")[0]
    assert covered == {"I1": sorted([first.pk, second.pk]), "I2": [third.pk], "I3": [second.pk], "I4": []}


def test_five_hundred_reports_take_as_many_queries_as_five(
    scene, receiver, now, django_assert_max_num_queries
):
    record = scene.record(scene.police)
    scene.tell(scene.police_report(record, "P0", last_seen_at=at(1)))
    inputs = [
        scene.police_report(record, f"Q{n}", last_seen_at=at(1), places=PlacesInput(vehicle="van"))
        for n in range(500)
    ]
    with acting_as(receiver, now=now):
        write_reports(inputs[:1], by=receiver, now=now)
        with django_assert_max_num_queries(14):
            write_reports(inputs, by=receiver, now=now)
        assert MissingReport.objects.visible_to(receiver).filter(current=True).count() == 501
