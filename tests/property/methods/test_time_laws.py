from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engage.methods.deadlines import (
    is_working_day,
    return_interview_due,
    return_interview_due_on,
    working_days_after,
)
from engage.methods.moments import HourNeedsAPerson, read_date, read_moment

LONDON = ZoneInfo("Europe/London")

years = st.integers(2014, 2036)
days = st.dates(date(2014, 1, 1), date(2036, 12, 31))


def _last_sunday(year, month):
    day = date(year, month, 31)
    return day - timedelta(days=(day.weekday() + 1) % 7)


@st.composite
def moments_near_a_clock_change(draw):
    day = _last_sunday(draw(years), draw(st.sampled_from([3, 10])))
    change = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    return change + timedelta(minutes=draw(st.integers(-80 * 60, 80 * 60)))


moments = moments_near_a_clock_change() | st.datetimes(
    datetime(2014, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC)
)


@given(moments)
def test_the_interview_is_due_72_elapsed_hours_later_whatever_the_wall_clock_says(moment):
    local = moment.astimezone(LONDON)
    due = return_interview_due(local)
    assert due.timestamp() - local.timestamp() == 72 * 3600
    shown = due.astimezone(LONDON).replace(tzinfo=None)
    shift = due.astimezone(LONDON).utcoffset() - local.utcoffset()
    assert shown - local.replace(tzinfo=None) == timedelta(hours=72) + shift


@given(years, st.sampled_from([3, 10]), st.integers(1, 71))
def test_over_each_clock_change_the_wall_clock_is_an_hour_out(year, month, hours_before):
    day = _last_sunday(year, month)
    change = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    returned = (change - timedelta(hours=hours_before)).astimezone(LONDON)
    due = return_interview_due(returned).astimezone(LONDON)
    on_the_wall = due.replace(tzinfo=None) - returned.replace(tzinfo=None)
    assert on_the_wall == timedelta(hours=73 if month == 3 else 71)


@given(moments)
def test_the_due_day_of_a_dated_return_is_the_day_the_hours_run_out(moment):
    local = moment.astimezone(LONDON)
    due = return_interview_due(local).astimezone(LONDON)
    assume(due.utcoffset() == local.utcoffset())
    assert return_interview_due_on(local.date()) == due.date()


@given(days, st.integers(0, 60))
def test_exactly_n_working_days_lie_between_the_event_and_the_due_day(day, n):
    due = working_days_after(day, n)
    between = [day + timedelta(days=step) for step in range(1, (due - day).days + 1)]
    assert sum(map(is_working_day, between)) == n
    assert n == 0 or is_working_day(due)


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_a_moment_written_with_its_offset_is_read_as_the_same_moment(moment, offset_minutes):
    written = moment.astimezone(timezone(timedelta(minutes=offset_minutes)))
    assert read_moment(written.isoformat()) == moment


@given(moments)
def test_a_local_time_is_read_exactly_or_held(moment):
    local = moment.astimezone(LONDON).replace(second=0, microsecond=0)
    back = {
        candidate.timestamp()
        for candidate in (local.replace(fold=0), local.replace(fold=1))
        if candidate.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) == local.replace(tzinfo=None)
    }
    if len(back) == 1:
        assert read_moment(local.strftime("%d/%m/%Y %H:%M")).timestamp() in back
    else:
        with pytest.raises(HourNeedsAPerson):
            read_moment(local.strftime("%d/%m/%Y %H:%M"))


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_date_is_read_back_from_both_forms(day):
    assert read_date(day.isoformat()) == read_date(f"{day:%d/%m/}{day.year:04}") == day
