from datetime import UTC, date, datetime

import pytest

from engage.methods import episodes
from engage.methods.episodes import Report, group
from engage.methods.spans import Span, relation


def at(day, hour=12, minute=0):
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def on(day):
    return date(2026, 6, day)


def timed(id, start, end=None, owner="police", **more):
    return Report(id, owner, starts_at=start, ends_at=end, **more)


def dated(id, start, end=None, owner="council", **more):
    return Report(id, owner, starts_on=start, ends_on=end, **more)


def ids(grouping):
    return {episode.report_ids for episode in grouping.episodes if episode.counted}


def held(grouping):
    return {one.report_id: one.reason for one in grouping.held}


def test_one_absence_told_by_three_agencies_is_one_episode():
    told = group(
        [
            timed("P1", at(1, 20), at(2, 9)),
            dated("C1", on(1), on(2)),
            timed("H1", at(1, 22), at(2, 8), owner="hospital"),
        ]
    )
    assert ids(told) == {("P1", "H1", "C1")}
    assert told.episodes[0].id == "P1"
    assert not told.held


def test_no_reports_give_no_episodes():
    assert group([]) == episodes.Grouping((), ())


def test_a_return_between_makes_two_episodes_even_within_the_hour():
    assert ids(group([timed("P1", at(1, 20), at(2, 9)), timed("P2", at(2, 9, 30), at(2, 15))])) == {
        ("P1",),
        ("P2",),
    }
    between_agencies = group([timed("P1", at(1, 20), at(2, 9)), timed("H1", at(2, 9, 30), owner="hospital")])
    assert ids(between_agencies) == {("P1",), ("H1",)}


def test_an_open_report_is_still_missing_and_takes_what_another_agency_tells_later():
    assert ids(group([timed("P1", at(1, 20)), dated("C1", on(1), on(4))])) == {("P1", "C1")}
    assert ids(group([timed("P1", at(1, 20)), timed("H1", at(3, 2), owner="hospital")])) == {("P1", "H1")}


def test_a_new_report_of_the_same_agency_before_a_return_is_held():
    told = group([timed("P1", at(1, 20)), timed("P2", at(5, 20))])
    assert ids(told) == {("P1",)}
    assert held(told) == {"P2": episodes.RETURN_NOT_FILLED_IN}


def test_it_is_released_by_itself_once_the_return_is_filled_in():
    told = group([timed("P1", at(1, 20), at(2, 9)), timed("P2", at(5, 20))])
    assert ids(told) == {("P1",), ("P2",)}
    assert not told.held


def test_a_return_known_from_another_agency_also_releases_it():
    told = group([timed("P1", at(1, 20)), dated("C1", on(1), on(2)), timed("P2", at(5, 20))])
    assert ids(told) == {("P1", "C1"), ("P2",)}


def test_a_stale_open_report_does_not_swallow_the_next_episode():
    told = group(
        [
            timed("CALL1", at(1, 22), owner="helpline"),
            timed("P1", at(1, 20), at(2, 9)),
            timed("P2", at(8, 20), at(9, 9)),
            timed("CALL2", at(8, 22), owner="helpline"),
        ]
    )
    assert ids(told) == {("P1", "CALL1"), ("P2", "CALL2")}
    assert not told.held


def test_two_overlapping_reports_of_one_agency_with_both_returns_are_one_episode():
    assert ids(group([timed("P1", at(1, 20), at(2, 9)), timed("P2", at(1, 22), at(2, 9))])) == {("P1", "P2")}


def test_a_dates_only_return_matches_by_day():
    police = [timed("P1", at(1, 20), at(2, 9)), timed("P2", at(5, 20), at(6, 9))]
    told = group([*police, dated("C1", on(1), on(2)), dated("C2", on(5), on(6))])
    assert ids(told) == {("P1", "C1"), ("P2", "C2")}


def test_a_night_in_the_london_summer_counts_as_the_london_day():
    # 23:30 UTC on the 1st is 00:30 on the 2nd in London.
    told = group([timed("P1", at(1, 23, 30), at(2, 9)), dated("C1", on(2), on(2))])
    assert ids(told) == {("P1", "C1")}


def test_two_dated_episodes_that_touch_are_two_and_each_finds_its_own():
    police = [timed("P1", at(1, 20), at(2, 9)), timed("P2", at(2, 20), at(3, 9))]
    council = [dated("C1", on(1), on(2)), dated("C2", on(2), on(3))]
    assert ids(group(council)) == {("C1",), ("C2",)}
    assert ids(group(police + council)) == {("P1", "C1"), ("P2", "C2")}


def test_a_dated_report_that_only_touches_what_another_agency_tells_is_held():
    told = group([timed("P1", at(1, 20), at(2, 9)), dated("C1", on(2), on(3))])
    assert ids(told) == {("P1",)}
    assert held(told) == {"C1": episodes.TOUCHES}


def test_a_report_that_fits_two_episodes_is_held():
    police = [timed("P1", at(1, 20), at(2, 9)), timed("P2", at(2, 20), at(4, 9))]
    for bridge in (
        dated("C1", on(1), on(4)),
        timed("H1", at(1, 18), at(4, 10), owner="hospital"),
        timed("H1", at(2, 8), at(2, 21), owner="hospital"),
    ):
        told = group([*police, bridge])
        assert ids(told) == {("P1",), ("P2",)}
        assert held(told) == {bridge.id: episodes.TWO_CANDIDATES}


def test_an_open_dated_report_belongs_where_it_began():
    police = [timed("P1", at(1, 20), at(2, 9)), timed("P2", at(8, 20), at(9, 9))]
    assert ids(group([*police, dated("C1", on(1))])) == {("P1", "C1"), ("P2",)}


def test_where_agencies_differ_whether_the_child_came_back_a_person_decides():
    told = group(
        [
            timed("P1", at(1, 10), at(3, 9)),
            timed("B1", at(1, 10), at(1, 22), owner="charity"),
            timed("H1", at(2, 5), at(3, 9), owner="hospital"),
        ]
    )
    assert ids(told) == {("B1", "P1")}
    assert held(told) == {"H1": episodes.RETURN_BETWEEN}


def test_a_report_that_knows_the_return_alone_joins_the_absence_that_ended_then():
    police = [timed("P1", at(1, 20), at(2, 9)), timed("P2", at(8, 20), at(9, 9))]
    bridge = Report("B1", "charity", ends_at=at(2, 11))
    assert ids(group([*police, bridge])) == {("P1", "B1"), ("P2",)}
    assert ids(group([*police, Report("B1", "charity", ends_on=on(9))])) == {("P1",), ("P2", "B1")}
    assert ids(group([*police, Report("B1", "charity", ends_at=at(5))])) == {("P1",), ("P2",), ("B1",)}


def test_a_duplicate_stays_with_its_report_whatever_its_times():
    told = group([timed("P1", at(1, 20), at(2, 9)), timed("P9", at(3, 20), at(3, 22), duplicate_of="P1")])
    assert ids(told) == {("P1", "P9")}


def test_a_duplicate_of_a_report_that_is_not_here_is_held():
    assert held(group([timed("P9", at(3, 20), duplicate_of="P1")])) == {"P9": episodes.DUPLICATE_OF_UNKNOWN}


def test_a_cancelled_report_is_kept_and_not_counted_and_joins_nothing():
    told = group([timed("P1", at(1, 20), cancelled=True), timed("P2", at(1, 22), at(2, 9))])
    assert {(e.id, e.counted) for e in told.episodes} == {("P1", False), ("P2", True)}
    assert not told.held


def test_a_persons_decision_puts_a_held_report_where_it_belongs():
    told = group([timed("P1", at(1, 20)), timed("P2", at(5, 20), pinned_to="P1")])
    assert ids(told) == {("P1", "P2")}
    assert not told.held


def test_a_decision_for_a_new_absence_ends_the_open_ones_before_it():
    told = group(
        [
            timed("P1", at(1, 20)),
            timed("P2", at(5, 20), pinned_to="P2"),
            timed("H1", at(5, 23), owner="hospital"),
        ]
    )
    assert ids(told) == {("P1",), ("P2", "H1")}
    assert not told.held


def test_a_decision_outranks_the_agencys_word_for_duplicate():
    told = group([timed("P1", at(1, 20), at(2, 9)), timed("P2", at(5), duplicate_of="P1", pinned_to="P2")])
    assert ids(told) == {("P1",), ("P2",)}


def test_a_decision_that_points_at_nothing_is_held():
    assert held(group([timed("P2", at(5), pinned_to="gone")])) == {"P2": episodes.PINNED_TO_UNKNOWN}


def said(id, when, owner="helpline", **more):
    """ "Missing now", in a referral or a call."""
    return Report(id, owner, reported_at=when, of_a_moment=True, **more)


def test_a_referral_that_says_missing_now_is_no_absence_that_lasts_until_the_next():
    january = datetime(2026, 1, 5, 12, tzinfo=UTC)
    told = group([said("REF", january, owner="school"), timed("P1", at(1, 20), at(2, 9))])
    assert ids(told) == {("REF",), ("P1",)}
    assert not told.held


@pytest.mark.parametrize(
    ("when", "belongs"),
    [
        (at(1, 18), True),  # two hours before the police say that she was last seen
        (datetime(2026, 5, 31, 20, tzinfo=UTC), True),
        (datetime(2026, 5, 31, 19, 59, tzinfo=UTC), False),
        (at(2, 8), True),
        (at(2, 9, 1), False),  # after the return
    ],
)
def test_what_was_said_at_a_moment_belongs_within_the_absence_or_up_to_24_hours_before(when, belongs):
    told = group([timed("P1", at(1, 20), at(2, 9)), said("CALL", when)])
    assert (
        "CALL" in {id for ids in [e.report_ids for e in told.episodes if len(e.report_ids) > 1] for id in ids}
    ) is (belongs)
    assert not told.held


def test_two_calls_within_24_hours_are_one_and_later_ones_follow_in_a_chain():
    assert ids(group([said("L1", at(1, 8)), said("L2", at(2, 4)), said("L3", at(3, 0))])) == {
        ("L1", "L2", "L3")
    }
    assert ids(group([said("L1", at(1, 8)), said("L2", at(2, 8, 1))])) == {("L1",), ("L2",)}


def test_a_call_before_two_absences_belongs_to_the_first_as_the_child_came_back_from_it():
    absences = [timed("P1", at(1, 20), at(1, 23)), timed("P2", at(2, 10), at(2, 20))]
    assert ids(group([*absences, said("CALL", at(1, 18))])) == {("CALL", "P1"), ("P2",)}


def test_a_call_that_fits_two_absences_is_held():
    """Police know the day of the first return and no hour; the call comes on that day, before the second."""
    first = Report("P1", "police", starts_at=at(1, 20), ends_on=on(2))
    told = group([first, timed("P2", at(2, 20), at(3, 9)), said("CALL", at(2, 12))])
    assert ids(told) == {("P1",), ("P2",)}
    assert held(told) == {"CALL": episodes.TWO_CANDIDATES}
    later = group(
        [dated("C1", on(1), on(1)), timed("H1", at(2, 8), at(3), owner="hospital"), said("CALL", at(1, 22))]
    )
    assert held(later) == {"CALL": episodes.TWO_CANDIDATES}


def test_a_call_on_the_day_of_a_return_whose_hour_is_not_known_is_held():
    told = group([dated("C1", on(1), on(2)), said("CALL", at(2, 22))])
    assert held(told) == {"CALL": episodes.TOUCHES}
    known = group([dated("C1", on(1), on(2)), timed("P1", at(1, 20), at(2, 9)), said("CALL", at(2, 22))])
    assert ids(known) == {("P1", "C1"), ("CALL",)}


def test_a_call_while_the_police_report_stands_open_belongs_to_it():
    assert ids(group([timed("P1", at(1, 20)), said("CALL", at(6))])) == {("P1", "CALL")}


def test_a_call_does_not_join_an_absence_by_a_report_that_is_held():
    """The council's two days fit two returns and are held; the call comes after the first and before the second."""
    told = group(
        [
            Report("B1", "charity", ends_at=at(1, 0)),
            Report("B2", "charity", ends_at=at(2, 1)),
            dated("C1", on(1), on(2)),
            said("CALL", at(1, 1, 30)),
        ]
    )
    assert "C1" in held(told)
    assert ids(told) == {("B1",), ("CALL", "B2")}


def test_an_agencys_own_call_is_no_new_report_before_a_return():
    told = group([timed("P1", at(1, 20)), said("REF", at(2), owner="police")])
    assert ids(told) == {("P1", "REF")}


@pytest.mark.parametrize(
    "later",
    [
        timed("H1", at(28, 20), at(29, 9), owner="hospital"),
        timed("H1", at(28, 20), owner="hospital"),
        dated("H1", on(28), on(29)),
        said("H1", at(28)),
    ],
)
def test_what_another_agency_tells_long_after_a_report_nobody_closed_is_held(later):
    told = group([timed("P1", at(1, 20)), later])
    assert ids(told) == {("P1",)}
    assert held(told) == {"H1": episodes.LONG_WITHOUT_RETURN}
    assert not group([timed("P1", at(1, 20), at(2)), later]).held


def test_a_week_is_not_yet_long_and_a_word_in_between_counts():
    hospital = timed("H1", at(8, 20), owner="hospital")
    assert ids(group([timed("P1", at(1, 20)), hospital])) == {("P1", "H1")}
    calls = [said("L1", at(6)), said("L2", at(12))]
    assert ids(group([timed("P1", at(1, 20)), *calls])) == {("P1", "L1", "L2")}


def test_a_return_told_long_after_an_open_report_ends_it():
    assert ids(group([timed("P1", at(1, 20)), Report("B1", "charity", ends_at=at(28))])) == {("P1", "B1")}


def test_an_old_open_report_does_not_join_a_later_absence_that_a_person_put_together():
    march = [timed("H1", at(20), at(21), owner="hospital"), dated("D1", on(20), on(21), pinned_to="H1")]
    told = group([timed("P1", at(1, 20)), *march])
    assert held(told) == {"P1": episodes.LONG_WITHOUT_RETURN}


def test_bad_times_are_held_with_their_reason():
    told = group(
        [timed("P1", at(2), at(1)), Report("P2", "police"), Report("P3", "police", reported_at=at(20))]
    )
    assert held(told) == {"P1": episodes.ENDS_BEFORE_START, "P2": episodes.NO_TIME}
    assert ids(told) == {("P3",)}


def test_a_moment_without_its_zone_and_a_doubled_id_are_mistakes_of_the_caller():
    with pytest.raises(ValueError, match="zone"):
        group([timed("P1", datetime(2026, 6, 1))])
    with pytest.raises(ValueError, match="same id"):
        group([timed("P1", at(1)), timed("P1", at(2))])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Span(on(1), on(2)), Span(on(2), on(3)), "touching"),
        (Span(on(1), on(2)), Span(on(2), None), "touching"),
        (Span(on(1), on(2)), Span(on(2), on(2)), "same"),
        (Span(on(2), on(2)), Span(on(2), on(3)), "same"),
        (Span(on(1), on(2)), Span(on(3), on(3)), "apart"),
        (Span(on(1), None), Span(on(9), on(9)), "same"),
        (Span(at(1), at(2)), Span(at(2), at(3)), "apart"),
        (Span(at(1), at(2)), Span(at(1), at(3)), "same"),
        (Span(at(1), on(2)), Span(at(2), at(3)), "touching"),
    ],
)
def test_how_two_tellings_lie_to_each_other(one, other, expected):
    assert relation(one, other) == relation(other, one) == expected
