from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from engage.govuk.forms import DateInputField, LondonDateTimeField
from engage.govuk.london_time import moment_words

returned = LondonDateTimeField(label="When the child came back")
born = DateInputField(label="Date of birth", required=False)


def message_of(field, answer) -> str:
    with pytest.raises(ValidationError) as refused:
        field.clean(answer)
    return refused.value.messages[0]


@pytest.mark.parametrize(
    ("answer", "moment"),
    [
        (["2", "11", "2026", "9:05am"], datetime(2026, 11, 2, 9, 5, tzinfo=UTC)),
        (["2", "7", "2026", "9:05am"], datetime(2026, 7, 2, 8, 5, tzinfo=UTC)),
        (["02", "july", "2026", "21.05"], datetime(2026, 7, 2, 20, 5, tzinfo=UTC)),
        (["2", "Nov", "2026", " 9 PM "], datetime(2026, 11, 2, 21, 0, tzinfo=UTC)),
        (["2", "11", "2026", "2105"], datetime(2026, 11, 2, 21, 5, tzinfo=UTC)),
        (["2", "11", "2026", "12:10am"], datetime(2026, 11, 2, 0, 10, tzinfo=UTC)),
        (["2", "11", "2026", "12:10pm"], datetime(2026, 11, 2, 12, 10, tzinfo=UTC)),
        (["2", "11", "2026", "midnight"], datetime(2026, 11, 2, 0, 0, tzinfo=UTC)),
        (["25", "10", "2026", "1:30am BST"], datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (["25", "10", "2026", "1:30am GMT"], datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_on_the_london_clock(answer, moment):
    assert returned.clean(answer) == moment


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (["25", "10", "2026", "1:30am"], "came twice on 25 October 2026"),
        (["29", "3", "2026", "1:30am"], "There was no 1:30am on 29 March 2026"),
        (["2", "7", "2026", "9am GMT"], "The clocks were on BST on 2 July 2026"),
        (["2", "11", "2026", ""], "must include a time"),
        (["2", "11", "2026", "9"], "write the time like"),
        (["2", "11", "2026", "25:00"], "write the time like"),
        (["2", "11", "2026", "13pm"], "write the time like"),
        (["2", "11", "2026", "soon"], "write the time like"),
        (["", "11", "2026", "9am"], "must include a day"),
        (["31", "11", "2026", "9am"], "must be a real date"),
    ],
)
def test_an_answer_that_cannot_be_one_moment_is_refused_in_plain_words(answer, words):
    assert words in message_of(returned, answer)


def test_the_hour_that_comes_twice_can_be_answered_with_the_words_the_error_suggests():
    message = message_of(returned, ["25", "10", "2026", "1:30am"])
    assert "“1:30am BST”" in message
    assert returned.clean(["25", "10", "2026", "1:30am BST"]) < returned.clean(
        ["25", "10", "2026", "1:30am GMT"]
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (["", "3", "2012"], "Date of birth must include a day"),
        (["1", "", ""], "Date of birth must include a month and year"),
        (["1", "13", "2012"], "the month must be"),
        (["1", "3", "12"], "the year must have 4 numbers"),
        (["29", "2", "2013"], "Date of birth must be a real date"),
    ],
)
def test_a_date_that_is_not_one_is_refused_in_plain_words(answer, words):
    assert words in message_of(born, answer)


def test_a_date_may_be_left_empty_only_where_it_is_not_required():
    assert born.clean(["", "", ""]) is None
    assert born.clean(["29", "2", "2012"]) == date(2012, 2, 29)
    assert message_of(DateInputField(label="Date of birth"), ["", "", ""])


# From 1972, when the law of today's summer time began.
@given(st.datetimes(datetime(1972, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)))
def test_what_the_form_shows_is_read_back_as_the_same_minute(moment):
    moment = moment.replace(second=0, microsecond=0)
    shown = returned.widget.decompress(moment)
    assert returned.clean(shown) == moment, moment_words(moment)
