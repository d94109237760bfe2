from datetime import timedelta

import pytest
from tests.integration.desk.conftest import *  # noqa: F403 (two children of two areas, and browsers)

from engage.methods.moments import london_date
from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember, Label
from engage.practice.bundles import building, intake, reading
from engage.practice.bundles.intake import Asked
from engage.practice.bundles.queries import bundles, leaving, pages, spans_of


@pytest.fixture(autouse=True)
def key_of_the_ledger(settings, tmp_path):
    settings.LEDGER_KEY_FILE = tmp_path / "ledger.key"


@pytest.fixture
def at(people_at_work, now):
    """`at("ewan")`: at work as somebody, at some moment."""

    def work(code: str, moment=now):
        return acting_as(people_at_work[code], now=moment)

    return work


@pytest.fixture
def child(katie, town, people_at_work, receiver, now):
    """Ewan leads; others are named in what agencies told of her."""
    town.fact(katie, "parents", "Katie Holden; Anne Holden; Tariq Ahmed", "C02", agency="BWD-CSC")
    town.fact(
        katie,
        "summary_for_team",
        "Katie was seen with Tariq Ahmed near 12 Mill Lane; ring Anne on 07700 900123.",
        "C05",
        agency="BRIDGE",
        label=Label.SUMMARY,
    )
    town.fact(katie, "push_factors", "Wants to go home 🏠", "C05", "BRIDGE", Label.SUMMARY)
    with town.acting():
        for code in ("ewan", "grace"):
            CircleMember.objects.create(
                record_id=katie,
                person_id=katie,
                staff=people_at_work[code],
                kind="lead",
                starts_at=now - timedelta(days=1),
                added_by=receiver,
            )
    return katie


@pytest.fixture
def opened(people_at_work, at, now):
    """Lena opens a request and names Ewan its preparer."""

    def do(kind="child", asked_by="The young person", notice="", preparer="ewan", days_ago=5):
        lena = people_at_work["lena"]
        asked = Asked(
            kind,
            asked_by,
            "Katie H.",
            london_date(now) - timedelta(days=days_ago),
            "letter",
            authority="Signed" if kind == "solicitor" else "",
            notice=notice,
        )
        with at("lena"):
            request = intake.open_request(asked, by=lena, now=now)
            intake.check_identity(request.pk, words="Passport", on=london_date(now), by=lena, now=now)
            intake.assign(request.pk, people_at_work[preparer], by=lena, now=now)
        return request

    return do


@pytest.fixture
def finished(child, opened, people_at_work, at, now):
    """Gathered and decided by Ewan (others' names redacted), with Grace to read."""

    def do(request=None, **asked):
        request = request or opened(**asked)
        ewan, grace = people_at_work["ewan"], people_at_work["grace"]
        with at("ewan"):
            bundle = building.gather(request.pk, child, by=ewan, now=now)
            for span in spans_of(bundle, ewan):
                for mark in span.found:
                    building.decide_mark(
                        bundle.pk, mark.pk, choice="redact", reason="third_party", by=ewan, now=now
                    )
                if building.waits_for_owner(span):
                    building.owner_consulted(bundle.pk, span.owner_id, words="No objection", by=ewan, now=now)
                building.decide_span(bundle.pk, span.pk, choice="include", by=ewan, now=now)
            return building.finish(bundle.pk, grace, by=ewan, now=now)

    return do


@pytest.fixture
def approved(finished, people_at_work, at, now):
    def do(request=None, **asked):
        made = finished(request, **asked)
        grace = people_at_work["grace"]
        with at("grace"):
            bundle = bundles(grace).get(pk=made.pk)
            for page in range(1, len(pages(leaving(spans_of(bundle, grace)))) + 1):
                reading.read_page(bundle.pk, page, by=grace, now=now)
            return reading.approve(bundle.pk, words="", by=grace, now=now)

    return do
