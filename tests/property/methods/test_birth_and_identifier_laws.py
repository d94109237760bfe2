from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engage.methods.births import NeedsJudgement, age_on, birth_from_age, read_birth
from engage.methods.identifiers import nhs_number_is_valid, read_postcode, upn_is_valid
from engage.methods.moments import DateDoesNotExist
from engage.methods.names import LegacyName, read_legacy_name

days = st.dates(date(1930, 1, 1), date(2029, 12, 31))
A_DAY = timedelta(days=1)


@given(st.integers(0, 20), st.dates(date(1990, 1, 1), date(2029, 12, 31)))
def test_an_age_means_exactly_those_days_on_which_one_is_born_to_be_that_old(age, on):
    birth = birth_from_age(age, on)
    assert age_on(birth.earliest, on) == age_on(birth.latest, on) == age
    assert age_on(birth.earliest - A_DAY, on) == age + 1
    assert birth.latest + A_DAY > on or age_on(birth.latest + A_DAY, on) == age - 1


@given(
    days,
    st.sampled_from(
        ["{d}/{m}/{yy}", "{d:02}/{m:02}/{yy}", "{d}/{m}/{y}", "{d}.{m}.{y}", "{y}-{m:02}-{d:02}"]
    ),
)
def test_a_whole_date_is_read_as_that_one_day(day, form):
    birth = read_birth(form.format(d=day.day, m=day.month, y=day.year, yy=f"{day.year % 100:02}"), None)
    assert birth.earliest == birth.latest == day


@given(
    st.integers(1930, 2029),
    st.integers(1, 12),
    st.sampled_from(["c. {y}", "{y}", "circa {y}", "{m:02}/{y}", "{y}-{m:02}-01"]),
)
def test_reading_never_widens_what_was_said(year, month, form):
    birth = read_birth(form.format(y=year, m=month), None)
    longest = 31 if "{m" in form else 366
    assert birth.earliest <= birth.latest < birth.earliest + timedelta(days=longest)
    assert birth.earliest.year == birth.latest.year == year


@given(st.text(max_size=20) | st.from_regex(r"[0-9c./ \-yrs]{0,12}", fullmatch=True), st.none() | days)
def test_any_text_is_read_or_refused_with_a_sentence(text, opened):
    try:
        birth = read_birth(text, opened)
    except (NeedsJudgement, DateDoesNotExist) as refused:
        assert refused.sentence
    else:
        assert birth.earliest <= birth.latest
        assert birth.as_sent == text
        assert opened is None or birth.earliest <= opened


@given(days, st.integers(0, 40_000))
def test_one_grows_older_by_whole_years_and_never_younger(dob, days_old):
    day = dob + timedelta(days=days_old)
    assert age_on(dob, day) <= age_on(dob, day + A_DAY) <= age_on(dob, day) + 1
    first_of_month = day.replace(day=1)
    if first_of_month >= dob:
        assert age_on(dob, first_of_month.replace(year=day.year + 1)) == age_on(dob, first_of_month) + 1


@given(st.integers(0, 999999))
def test_at_most_one_check_digit_is_right(body):
    valid = [digit for digit in range(10) if nhs_number_is_valid(f"999{body:06}{digit}")]
    assert len(valid) <= 1


@given(st.integers(0, 99999999999), st.sampled_from("ABCDEFGHJKLMNPQRTUVWXYZ"))
def test_changing_the_check_letter_of_a_upn_breaks_it(digits, other):
    right = [letter for letter in "ABCDEFGHJKLMNPQRTUVWXYZ" if upn_is_valid(f"{letter}{digits:012}")]
    assert len(right) == 1
    assert upn_is_valid(f"{other}{digits:012}") is (other == right[0])


@given(st.from_regex(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{2}", fullmatch=True))
def test_a_postcode_read_twice_is_the_same(text):
    once = read_postcode(text)
    assert once is not None
    assert read_postcode(once.unit) == once
    assert once.unit.startswith(once.district + " ")


words = st.from_regex(r"[A-Z][a-z]{3,9}(-[A-Z][a-z]{3,9})?", fullmatch=True).filter(
    lambda word: (
        word.lower() not in {"miss", "alias", "known", "prev", "baby", "girl", "male", "also"}
        and word.lower() not in {"child", "female", "sibling", "twin", "unknown", "master", "previously"}
    )
)


@given(words, words)
def test_a_name_is_read_alike_in_both_orders(surname, forename):
    expected = LegacyName(surname, forename, None)
    assert read_legacy_name(f"{surname}, {forename}") == read_legacy_name(f"{forename} {surname}") == expected
