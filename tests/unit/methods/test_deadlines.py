from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from engage.methods.deadlines import (
    due_on,
    interview_in_time,
    is_working_day,
    months_after,
    return_interview_due,
    return_interview_due_on,
    return_interview_in_time,
    subject_access_due_on,
    working_days_after,
)

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("returned", "due"),
    [
        ("2026-06-05 22:15", "2026-06-08 22:15"),  # over a weekend
        ("2026-03-27 22:15", "2026-03-30 23:15"),  # clocks forward on 29 March: an hour later on the wall
        ("2026-10-23 22:15", "2026-10-26 21:15"),  # clocks back on 25 October: an hour earlier
        ("2026-12-24 09:00", "2026-12-27 09:00"),  # bank holidays count
        ("2024-02-28 10:00", "2024-03-02 10:00"),  # leap year
    ],
)
def test_the_interview_is_due_after_72_elapsed_hours_on_the_london_clock(returned, due):
    at = datetime.fromisoformat(returned).replace(tzinfo=LONDON)
    assert return_interview_due(at).astimezone(LONDON).strftime("%Y-%m-%d %H:%M") == due


@pytest.mark.parametrize(
    ("held", "in_time"),
    [((2026, 6, 4, 11, 59), True), ((2026, 6, 4, 12, 0), True), ((2026, 6, 4, 12, 1), False)],
)
def test_an_interview_at_71_h_59_and_at_72_h_is_in_time_and_at_72_h_01_is_not(held, in_time):
    returned_at = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    assert return_interview_in_time(returned_at=returned_at, held_at=datetime(*held, tzinfo=UTC)) is in_time


def test_an_interview_before_the_return_is_not_an_interview_of_it():
    with pytest.raises(ValueError, match="before this return"):
        return_interview_in_time(
            returned_at=datetime(2026, 6, 2, tzinfo=UTC), held_at=datetime(2026, 6, 1, tzinfo=UTC)
        )


def test_a_moment_without_its_zone_starts_no_clock():
    with pytest.raises(ValueError, match="time zone"):
        return_interview_due(datetime(2026, 6, 1, 12, 0))


def test_a_return_known_by_date_only_gives_a_day_and_no_hour():
    due = return_interview_due_on(date(2026, 6, 1))
    assert due == date(2026, 6, 4)
    assert not isinstance(due, datetime)


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2026, 6, 1), 0, date(2026, 6, 1)),
        (date(2026, 6, 1), 1, date(2026, 6, 2)),
        (date(2026, 6, 5), 1, date(2026, 6, 8)),  # Friday to Monday
        (date(2026, 6, 6), 1, date(2026, 6, 8)),  # from a Saturday
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # Good Friday and Easter Monday
        (date(2026, 12, 24), 1, date(2026, 12, 29)),  # Boxing Day is a Saturday: 28 December instead
        (date(2022, 6, 1), 1, date(2022, 6, 6)),  # 2 and 3 June 2022, spring holiday moved and jubilee
        (date(2023, 5, 5), 1, date(2023, 5, 9)),  # coronation
        (date(2026, 1, 5), 45, date(2026, 3, 9)),  # an assessment
    ],
)
def test_working_days_skip_weekends_and_english_bank_holidays(day, n, expected):
    assert working_days_after(day, n) == expected


def test_a_scottish_or_irish_bank_holiday_is_a_working_day_in_england():
    assert is_working_day(date(2026, 11, 30))  # St Andrew's Day
    assert is_working_day(date(2026, 3, 17))  # St Patrick's Day
    assert is_working_day(date(2026, 1, 2))


def test_months_end_on_the_last_day_where_there_is_no_such_day():
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2026, 11, 15), 3) == date(2027, 2, 15)


def test_every_clock_of_the_reference_list_that_counts_days_can_be_counted():
    from engage.reference import process_deadlines

    assert due_on(date(2026, 6, 1), 15, "working_days") == date(2026, 6, 22)
    for clock in process_deadlines().values():
        assert (clock.amount is None) == (clock.unit is None)
        if clock.amount is not None and clock.unit != "elapsed_hours":
            assert due_on(date(2026, 6, 1), clock.amount, clock.unit) > date(2026, 6, 1)


@pytest.mark.parametrize(
    ("returned", "held", "in_time"),
    [
        (datetime(2026, 6, 1, 10, tzinfo=UTC), datetime(2026, 6, 4, 10, tzinfo=UTC), True),
        (datetime(2026, 6, 1, 10, tzinfo=UTC), datetime(2026, 6, 4, 10, 1, tzinfo=UTC), False),
        (datetime(2026, 6, 1, 10, tzinfo=UTC), date(2026, 6, 3), True),
        (datetime(2026, 6, 1, 10, tzinfo=UTC), date(2026, 6, 4), None),
        (datetime(2026, 6, 1, 10, tzinfo=UTC), date(2026, 6, 5), False),
        (date(2026, 6, 1), datetime(2026, 6, 3, 22, 59, tzinfo=UTC), True),
        (date(2026, 6, 1), datetime(2026, 6, 4, 12, tzinfo=UTC), None),
        (date(2026, 6, 1), datetime(2026, 6, 4, 23, tzinfo=UTC), False),  # midnight in London
        (date(2026, 6, 1), date(2026, 6, 3), True),
        (date(2026, 6, 1), date(2026, 6, 4), None),
        (date(2026, 6, 1), date(2026, 6, 5), False),
    ],
)
def test_days_tell_whether_an_interview_was_in_time_only_where_the_hours_do_not_matter(
    returned, held, in_time
):
    assert interview_in_time(returned, held) is in_time


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-09-03", "2026-10-05"),  # the 3rd is a Saturday
        ("2026-09-04", "2026-10-05"),  # the 4th a Sunday
        ("2026-01-31", "2026-03-02"),  # 28 February is a Saturday
        ("2026-03-31", "2026-04-30"),  # no 31 April
        ("2026-11-25", "2026-12-29"),  # Christmas Day; the 28th instead of Boxing Day, a Saturday
        ("2028-01-30", "2028-02-29"),  # leap year
    ],
)
def test_who_asks_what_is_held_is_answered_within_a_month_or_on_the_next_working_day(received, due):
    assert subject_access_due_on(date.fromisoformat(received)).isoformat() == due


def test_two_months_more_and_the_days_a_clock_stood_still_are_added():
    assert subject_access_due_on(date(2026, 9, 1), extended=True).isoformat() == "2026-12-01"
    assert (
        subject_access_due_on(date(2026, 9, 1), days_stopped=3).isoformat() == "2026-10-05"
    )  # the 4th is a Sunday
    with pytest.raises(ValueError, match="stands still"):
        subject_access_due_on(date(2026, 9, 1), days_stopped=-1)
