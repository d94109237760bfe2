from datetime import date

import pytest

from engage.methods.births import NeedsJudgement, age_on, ages_on, birth_from_age, read_birth
from engage.methods.moments import DateDoesNotExist
from engage.methods.names import LegacyName, read_legacy_name

OPENED = date(2008, 6, 15)


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision"),
    [
        ("12/3/97", date(1997, 3, 12), date(1997, 3, 12), "day"),
        ("12/03/1997", date(1997, 3, 12), date(1997, 3, 12), "day"),
        ("12.3.97", date(1997, 3, 12), date(1997, 3, 12), "day"),
        ("1997-03-12", date(1997, 3, 12), date(1997, 3, 12), "day"),
        ("1997-03-12 00:00:00", date(1997, 3, 12), date(1997, 3, 12), "day"),
        ("12th March 1997", date(1997, 3, 12), date(1997, 3, 12), "day"),
        ("12-Mar-97", date(1997, 3, 12), date(1997, 3, 12), "day"),
        ("1/1/00", date(2000, 1, 1), date(2000, 1, 1), "day"),
        ("1/1/30", date(1930, 1, 1), date(1930, 1, 1), "day"),
        ("03/1997", date(1997, 3, 1), date(1997, 3, 31), "month"),
        ("Feb 1996", date(1996, 2, 1), date(1996, 2, 29), "month"),
        ("1997", date(1997, 1, 1), date(1997, 12, 31), "year"),
        ("c. 1997", date(1997, 1, 1), date(1997, 12, 31), "about"),
        ("circa 1997", date(1997, 1, 1), date(1997, 12, 31), "about"),
        ("14 yrs", date(1993, 6, 16), date(1994, 6, 15), "age"),
        ("aged 14", date(1993, 6, 16), date(1994, 6, 15), "age"),
        (" 14  Years old ", date(1993, 6, 16), date(1994, 6, 15), "age"),
        ("14yo", date(1993, 6, 16), date(1994, 6, 15), "age"),
    ],
)
def test_a_date_of_birth_becomes_the_days_it_can_mean(text, earliest, latest, precision):
    birth = read_birth(text, OPENED)
    assert (birth.earliest, birth.latest, birth.precision, birth.as_sent) == (
        earliest,
        latest,
        precision,
        text,
    )


def test_two_digit_years_to_29_are_of_this_century():
    assert read_birth("1/1/29", None).earliest == date(2029, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unknown",
        "14",
        "13-14 yrs",
        "12/3/97?",
        "3/13/97",
        "12/3/20",
        "35501",
        "12/3",
        "c. 97",
        "1 Foo 1997",
        "c 1850",
    ],
)
def test_what_needs_a_person_is_not_guessed(text):
    with pytest.raises(NeedsJudgement):
        read_birth(text, OPENED)


def test_an_age_without_the_day_it_was_true_needs_a_person():
    with pytest.raises(NeedsJudgement, match="day on which it was true"):
        read_birth("14 yrs", None)


@pytest.mark.parametrize("text", ["31/02/1997", "1997-02-30", "30 Feb 1997", "13/1997"])
def test_a_day_that_is_in_no_calendar_is_refused(text):
    with pytest.raises(DateDoesNotExist):
        read_birth(text, OPENED)


def test_a_reason_never_repeats_the_value():
    with pytest.raises(NeedsJudgement) as refused:
        read_birth("about the time of Sam's wedding", OPENED)
    assert "Sam" not in refused.value.sentence


def test_somebody_born_on_29_february_is_a_year_older_on_1_march():
    assert age_on(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert age_on(date(2008, 2, 29), date(2026, 3, 1)) == 18
    assert age_on(date(2008, 2, 29), date(2024, 2, 29)) == 16


def test_an_age_told_on_29_february_covers_those_and_only_those_of_that_age():
    birth = birth_from_age(13, date(2024, 2, 29))
    assert (birth.earliest, birth.latest) == (date(2010, 3, 1), date(2011, 2, 28))


def test_a_year_of_birth_gives_two_possible_ages():
    assert ages_on(read_birth("1997", None), OPENED) == (10, 11)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('HARTLEY, Samantha "Sam"', LegacyName("HARTLEY", "Samantha", "Sam")),
        ("HARTLEY, Samantha “Sam”", LegacyName("HARTLEY", "Samantha", "Sam")),
        ("HARTLEY, Samantha Jane", LegacyName("HARTLEY", "Samantha Jane", None)),
        ("Samantha Hartley", LegacyName("Hartley", "Samantha", None)),
        ("Samantha 'Sam' Hartley", LegacyName("Hartley", "Samantha", "Sam")),
        ("O'NEILL-BROWN, Aoife", LegacyName("O'NEILL-BROWN", "Aoife", None)),
        ("Samantha Jane HARTLEY", LegacyName("HARTLEY", "Samantha Jane", None)),
        ("VAN DER MEER, Piet", LegacyName("VAN DER MEER", "Piet", None)),
        ("Zoë Ślęzak", LegacyName("Ślęzak", "Zoë", None)),
    ],
)
def test_a_name_in_one_text_is_divided(text, expected):
    assert read_legacy_name(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sam",
        "HARTLEY,",
        ", Sam",
        "HARTLEY, Sam, Mrs",
        "Samantha Jane Hartley",
        "Sam or Samantha",
        "Unknown Male",
        "Miss Hartley",
        "HARTLEY, Samantha aka Sam",
        'HARTLEY, Samantha "Sam" "Sammy"',
        "HARTLEY, Samantha (sister)",
        "Child 2",
        "Sam HARTLEY Jane",
    ],
)
def test_a_name_that_cannot_be_divided_with_certainty_needs_a_person(text):
    with pytest.raises(NeedsJudgement):
        read_legacy_name(text)
