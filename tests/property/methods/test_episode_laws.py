import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from engage.methods.accounts import SourceReport, account_of
from engage.methods.episodes import Report, group

START = datetime(2026, 3, 20, tzinfo=UTC)  # ten days around a clock change
OWNERS = ("police", "council", "hospital", "helpline")


@st.composite
def reports(draw):
    found = []
    for number in range(draw(st.integers(0, 9))):
        begins = draw(st.integers(0, 240))
        ends = draw(st.none() | st.integers(0, 80))
        start = START + timedelta(hours=begins)
        end = None if ends is None else start + timedelta(hours=ends)
        report = Report(f"R{number}", draw(st.sampled_from(OWNERS)), cancelled=draw(st.integers(0, 9)) == 0)
        if draw(st.integers(0, 3)) == 0:
            report = replace(report, starts_on=start.date(), ends_on=end.date() if end else None)
        elif draw(st.integers(0, 4)) == 0:
            report = replace(report, reported_at=start, of_a_moment=True)
        elif draw(st.integers(0, 6)) == 0 and end:
            report = replace(report, ends_at=end)
        else:
            report = replace(report, starts_at=start, ends_at=end)
        pointing = draw(st.integers(0, 12))
        target = f"R{draw(st.integers(0, 9))}"
        if pointing == 0:
            report = replace(report, pinned_to=target)
        elif pointing == 1:
            report = replace(report, duplicate_of=target)
        elif pointing == 2:
            report = replace(report, pinned_to=report.id)
        found.append(report)
    return found


@settings(max_examples=150, deadline=None)
@given(reports(), st.randoms(use_true_random=False))
def test_the_order_in_which_reports_came_does_not_matter(given_reports, shuffler: random.Random):
    shuffled = list(given_reports)
    shuffler.shuffle(shuffled)
    assert group(shuffled) == group(given_reports)


@settings(max_examples=150, deadline=None)
@given(reports())
def test_every_report_is_in_exactly_one_episode_or_held(given_reports):
    told = group(given_reports)
    placed = [id for episode in told.episodes for id in episode.report_ids] + [
        one.report_id for one in told.held
    ]
    assert sorted(placed) == sorted(report.id for report in given_reports)
    assert all(episode.id == episode.report_ids[0] for episode in told.episodes)
    assert all(one.reason for one in told.held)


@settings(max_examples=150, deadline=None)
@given(reports())
def test_a_return_that_an_agency_filled_in_is_never_bridged(given_reports):
    plain = [replace(report, duplicate_of=None, pinned_to=None) for report in given_reports]
    by_id = {report.id: report for report in plain}
    for episode in group(plain).episodes:
        for one, other in combinations((by_id[id] for id in episode.report_ids), 2):
            if one.owner != other.owner or not all((one.starts_at, other.starts_at)):
                continue
            earlier, later = sorted((one, other), key=lambda report: report.starts_at)
            if earlier.ends_at and earlier.starts_at < later.starts_at:
                assert earlier.ends_at > later.starts_at


@settings(max_examples=150, deadline=None)
@given(reports())
def test_what_was_said_at_a_moment_is_never_joined_over_a_return(given_reports):
    """Of an episode of absences and a moment, the moment comes before the return."""
    plain = [replace(report, duplicate_of=None, pinned_to=None) for report in given_reports]
    by_id = {report.id: report for report in plain}
    for episode in group(plain).episodes:
        told = [by_id[id] for id in episode.report_ids]
        returns = [report.ends_at for report in told if report.ends_at]
        if returns and not any(report.ends_on for report in told):
            assert all(report.reported_at <= max(returns) for report in told if report.of_a_moment)


@settings(max_examples=100, deadline=None)
@given(reports())
def test_what_a_person_pinned_together_is_together(given_reports):
    ids = {report.id for report in given_reports}
    told = group(given_reports)
    held = {one.report_id for one in told.held}
    home = {id: episode.id for episode in told.episodes for id in episode.report_ids}
    for report in given_reports:
        if report.pinned_to in ids and not {report.id, report.pinned_to} & held:
            assert home[report.id] == home[report.pinned_to]


@settings(max_examples=100, deadline=None)
@given(reports())
def test_a_repeat_of_a_report_changes_nothing_but_joins_it(given_reports):
    if not given_reports:
        return
    first = given_reports[0]
    repeat = replace(first, id="Z", duplicate_of=first.id, pinned_to=None)
    before, after = group(given_reports), group([*given_reports, repeat])
    without = [tuple(id for id in episode.report_ids if id != "Z") for episode in after.episodes]
    if first.id in {one.report_id for one in before.held} | {one.report_id for one in after.held}:
        return
    assert [ids for ids in without if ids] == [episode.report_ids for episode in before.episodes]


points = (
    st.none()
    | st.dates(date(2026, 6, 1), date(2026, 6, 3))
    | st.datetimes(datetime(2026, 6, 1), datetime(2026, 6, 3), timezones=st.just(UTC))
)
source_reports = st.lists(
    st.builds(SourceReport, st.uuids().map(str), st.sampled_from(OWNERS), points, points, points, points),
    max_size=6,
)


@given(source_reports, st.randoms(use_true_random=False))
def test_an_account_is_told_alike_in_every_order_and_only_from_what_is_given(
    visible, shuffler: random.Random
):
    shuffled = list(visible)
    shuffler.shuffle(shuffled)
    account = account_of(visible)
    assert account_of(shuffled) == account
    said = {report.returned for report in visible}
    assert account.returned in said | {None}
    assert (account.returned is None) == (said <= {None})
