from datetime import UTC, date, datetime, timedelta

import pytest

from engage.govuk.london_time import date_words, hours_words, moment_words

NOW = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 2, 9, 5, tzinfo=UTC), "2 November 2026 at 9:05am"),
        (datetime(2026, 7, 2, 9, 5, tzinfo=UTC), "2 July 2026 at 10:05am"),
        (datetime(2026, 7, 2, 23, 30, tzinfo=UTC), "3 July 2026 at 12:30am"),
        (datetime(2026, 11, 2, 0, 0, tzinfo=UTC), "2 November 2026 at 12:00am (midnight)"),
        (datetime(2026, 11, 2, 12, 0, tzinfo=UTC), "2 November 2026 at 12:00pm (midday)"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "25 October 2026 at 1:30am BST"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "25 October 2026 at 1:30am GMT"),
        (None, "not recorded"),
    ],
)
def test_a_moment_is_said_on_the_london_clock(moment, words):
    assert moment_words(moment) == words


def test_a_moment_without_a_time_zone_is_refused_rather_than_shown_an_hour_wrong():
    with pytest.raises(ValueError, match="time zone"):
        moment_words(datetime(2026, 7, 2, 9, 5))


def test_the_day_of_a_moment_is_its_day_in_london():
    assert date_words(datetime(2026, 7, 2, 23, 30, tzinfo=UTC)) == "3 July 2026"
    assert date_words(date(2026, 7, 2)) == "2 July 2026"


@pytest.mark.parametrize(
    ("from_now", "sense", "words"),
    [
        (timedelta(hours=-3, minutes=-59), "since", "3 hours so far"),
        (timedelta(minutes=-1), "since", "1 minute so far"),
        (timedelta(days=-5, hours=-2), "since", "5 days so far"),
        (timedelta(hours=2), "since", "starts in 2 hours"),
        (timedelta(hours=41, minutes=30), "due", "due in 41 hours"),
        (timedelta(hours=72), "due", "due in 72 hours"),
        (timedelta(seconds=20), "due", "due now"),
        (timedelta(seconds=-20), "due", "just overdue"),
        (timedelta(hours=-1), "due", "1 hour overdue"),
        (timedelta(hours=-2, minutes=-5), "due", "2 hours overdue"),
    ],
)
def test_hours_are_said_in_words(from_now, sense, words):
    assert hours_words(NOW + from_now, NOW, sense) == words


def test_hours_are_elapsed_hours_across_the_change_of_the_clocks():
    before = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    assert hours_words(before, before + timedelta(hours=24), "since") == "24 hours so far"


def test_a_missing_deadline_does_not_look_like_nothing_due():
    assert hours_words(None, NOW, "due") == "not recorded"
