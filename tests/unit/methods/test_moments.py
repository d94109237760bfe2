from datetime import UTC, date, datetime

import pytest

from engage.methods.moments import (
    AmbiguousHour,
    DateDoesNotExist,
    HourDoesNotExist,
    HourNeedsAPerson,
    NotADate,
    UnreadableMoment,
    read_date,
    read_date_or_moment,
    read_moment,
)


@pytest.mark.parametrize(
    "text", ["05/06/2026", "5/6/2026", "2026-06-05", " 2026-06-05 ", "2026-06-05 00:00:00"]
)
def test_a_date_is_read_day_first_or_iso(text):
    assert read_date(text) == date(2026, 6, 5)


@pytest.mark.parametrize("text", ["31/02/2026", "2026-13-01", "29/02/2025", "00/01/2026", "01/01/0026"])
def test_a_date_that_does_not_exist_is_rejected(text):
    with pytest.raises(DateDoesNotExist):
        read_date(text)


@pytest.mark.parametrize(
    "text", ["", "soon", "05/06/26", "20260605", "2026-6-5", "05/06/2026 10:00", "٠٥/٠٦/٢٠٢٦"]
)
def test_a_text_in_no_known_form_is_rejected(text):
    with pytest.raises(NotADate):
        read_date(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("05/06/2026 10:30", datetime(2026, 6, 5, 9, 30, tzinfo=UTC)),
        ("05/01/2026 10:30", datetime(2026, 1, 5, 10, 30, tzinfo=UTC)),
        ("2026-06-05T10:30", datetime(2026, 6, 5, 9, 30, tzinfo=UTC)),
        ("2026-06-05 10:30:15", datetime(2026, 6, 5, 9, 30, 15, tzinfo=UTC)),
        ("2026-06-05T10:30:00Z", datetime(2026, 6, 5, 10, 30, tzinfo=UTC)),
        ("2026-06-05T10:30:00.5+01:00", datetime(2026, 6, 5, 9, 30, 0, 500000, tzinfo=UTC)),
        ("2026-06-05T10:30:00-0500", datetime(2026, 6, 5, 15, 30, tzinfo=UTC)),
        ("2026-10-25T01:30:00+01:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the offset settles it
    ],
)
def test_a_moment_without_offset_is_on_the_london_clock(text, expected):
    assert read_moment(text) == expected
    assert read_moment(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["25/10/2026 01:00", "25/10/2026 01:30", "2026-10-25T01:59:59"])
def test_the_hour_that_comes_twice_is_held(text):
    with pytest.raises(AmbiguousHour):
        read_moment(text)


@pytest.mark.parametrize("text", ["29/03/2026 01:00", "2026-03-29T01:59"])
def test_the_hour_that_is_left_out_is_held(text):
    with pytest.raises(HourDoesNotExist):
        read_moment(text)


@pytest.mark.parametrize(
    "text", ["25/10/2026 00:59", "25/10/2026 02:00", "29/03/2026 00:59", "29/03/2026 02:00"]
)
def test_the_hours_beside_a_clock_change_are_plain(text):
    assert read_moment(text)


@pytest.mark.parametrize(
    "text", ["05/06/2026 24:00", "05/06/2026 10:60", "31/06/2026 10:00", "2026-06-05T10:00+25:00"]
)
def test_a_time_that_does_not_exist_is_rejected(text):
    with pytest.raises(DateDoesNotExist):
        read_moment(text)


def test_held_and_rejected_are_never_confused():
    assert not issubclass(HourNeedsAPerson, UnreadableMoment)
    assert not issubclass(UnreadableMoment, HourNeedsAPerson)


def test_a_plain_date_stays_a_date():
    told = read_date_or_moment("05/06/2026")
    assert told == date(2026, 6, 5)
    assert not isinstance(told, datetime)
    assert isinstance(read_date_or_moment("05/06/2026 10:30"), datetime)


def test_a_reason_never_repeats_the_value():
    with pytest.raises(UnreadableMoment) as refused:
        read_moment("when Sam rang")
    assert "Sam" not in refused.value.sentence
