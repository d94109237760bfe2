from datetime import UTC, date, datetime, timedelta

import pytest

from engage.methods.accounts import Disagreement, SourceReport, account_of
from engage.methods.repeats import EpisodeTimes, TriggerMet, triggers_met
from engage.reference import repeat_triggers

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)


def at(day, hour=12):
    return datetime(2026, 6, day, hour, tzinfo=UTC)


POLICE = SourceReport("P1", "police", missing_since=at(1, 20), reported=at(1, 22), returned=at(2, 9))
COUNCIL = SourceReport("C1", "council", missing_since=date(2026, 6, 1), returned=date(2026, 6, 3))
HELPLINE = SourceReport("L1", "helpline", missing_since=at(1, 18))


def test_the_earliest_telling_is_shown_and_the_others_stand_beside_it():
    account = account_of([COUNCIL, POLICE, HELPLINE])
    assert account.missing_since == at(1, 18)
    assert account.returned == at(2, 9)
    assert account.no_return_from == ("helpline",)
    assert (
        Disagreement("returned", (("police", at(2, 9)), ("council", date(2026, 6, 3))))
        in account.disagreements
    )


def test_a_day_and_a_moment_of_that_day_do_not_disagree_and_the_moment_is_shown():
    account = account_of([POLICE, SourceReport("C1", "council", date(2026, 6, 1), returned=date(2026, 6, 2))])
    assert account.disagreements == ()
    assert account.returned == at(2, 9)


def test_a_hidden_report_changes_nothing_as_it_is_never_given():
    assert account_of([HELPLINE]).returned is None
    assert account_of([HELPLINE]).no_return_from == ("helpline",)
    assert account_of([HELPLINE]).disagreements == ()


def test_no_visible_report_tells_nothing():
    account = account_of([])
    assert (account.missing_since, account.returned, account.no_return_from) == (None, None, ())


def _met(*episodes):
    return {met.code: met.episode_ids for met in triggers_met(episodes, NOW, repeat_triggers())}


def short(id, started):
    return EpisodeTimes(id, starts_at=started, ends_at=started + timedelta(hours=5))


def test_three_in_thirty_days_is_met_with_its_evidence():
    met = _met(short("b", at(15)), short("a", at(2)), short("c", at(29)))
    assert met == {"REPEAT-3-IN-30": ("a", "b", "c"), "REPEAT-3-IN-90": ("a", "b", "c")}


def test_the_thirty_days_are_today_and_the_29_before():
    inside, outside = at(1, 0), datetime(2026, 5, 31, 12, tzinfo=UTC)
    assert "REPEAT-3-IN-30" in _met(short("a", inside), short("b", at(15)), short("c", at(29)))
    assert set(_met(short("a", outside), short("b", at(15)), short("c", at(29)))) == {"REPEAT-3-IN-90"}


def test_two_are_not_three():
    assert _met(short("a", at(2)), short("b", at(3))) == {}


@pytest.mark.parametrize(("hours", "met"), [(23, False), (24, False), (25, True)])
def test_over_24_hours_means_more_than_24(hours, met):
    episode = EpisodeTimes("a", starts_at=at(10), ends_at=at(10) + timedelta(hours=hours))
    assert ("LONG-24H" in _met(episode)) is met


def test_an_open_episode_lasts_until_now():
    assert "LONG-24H" in _met(EpisodeTimes("a", starts_at=NOW - timedelta(hours=25)))
    assert "LONG-24H" not in _met(EpisodeTimes("a", starts_at=NOW - timedelta(hours=23)))


@pytest.mark.parametrize(("days_ago", "met"), [(89, True), (90, False)])
def test_one_long_episode_of_long_ago_calls_for_no_meeting(days_ago, met):
    started = NOW - timedelta(days=days_ago)
    episode = EpisodeTimes("a", starts_at=started, ends_at=started + timedelta(hours=30))
    assert ("LONG-24H" in _met(episode)) is met


def test_a_partnership_names_its_own_triggers(tmp_path):
    own = tmp_path / "triggers.csv"
    own.write_text(
        "code,label,count,within_days,over_hours,source,verification\nTWO,Two in a week,2,7,,our protocol,P\n"
    )
    (trigger,) = repeat_triggers(str(own))
    assert (trigger.code, trigger.count, trigger.within_days, trigger.over_hours) == ("TWO", 2, 7, None)
    own.write_text("code,label\n")
    repeat_triggers.cache_clear()
    with pytest.raises(ValueError, match="columns"):
        repeat_triggers(str(own))


@pytest.mark.parametrize(("ended", "met"), [(10, False), (11, False), (12, True)])
def test_from_dates_alone_only_a_length_that_is_certain_counts(ended, met):
    episode = EpisodeTimes("a", starts_on=date(2026, 6, 10), ends_on=date(2026, 6, ended))
    assert ("LONG-24H" in _met(episode)) is met


def test_the_answer_names_the_trigger_and_the_episodes():
    assert triggers_met([EpisodeTimes("a", starts_at=at(1))], NOW, repeat_triggers()) == [
        TriggerMet("LONG-24H", ("a",))
    ]
