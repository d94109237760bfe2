"""What says where a protected child is leaves to the child alone, by whichever hands; both walls keep copies of it."""

from __future__ import annotations

import pytest
from django.db import connection

from engage.practice.access.gate import NotPermitted
from engage.practice.bundles import building, reading, releasing
from engage.practice.bundles.models import BundleFile
from engage.practice.bundles.queries import bundles, leaving, pages, spans_of
from engage.practice.people.actions import protect_location
from engage.practice.sharing import actions as sharing
from engage.practice.sharing.offer import offered

pytestmark = pytest.mark.django_db
WHERE = ("C01L", "C03P", "C13")


def refused(match):
    return pytest.raises(NotPermitted, match=match)


@pytest.fixture
def protect(child, people_at_work, at, now):
    def do(*named: str):
        with at("grace"):
            protect_location(
                person_id=child, reason="Her father must not find her", named=[people_at_work[one] for one in named],
                by=people_at_work["grace"], now=now,
            )  # fmt: skip

    return do


@pytest.fixture
def decided(child, people_at_work, at, now):
    """Ewan gathers and decides: everything leaves, but what is of a kind that `left_out` names."""

    def do(request, left_out=()):
        ewan = people_at_work["ewan"]
        with at("ewan"):
            bundle = building.gather(request.pk, child, by=ewan, now=now)
            building.include_plain(bundle.pk, by=ewan, now=now)
            for span in spans_of(bundle, ewan):
                for mark in span.found:
                    building.decide_mark(bundle.pk, mark.pk, choice="keep", by=ewan, now=now)
                if building.waits_for_owner(span):
                    building.owner_consulted(bundle.pk, span.owner_id, words="No objection", by=ewan, now=now)
                out = span.category in left_out
                building.decide_span(
                    bundle.pk, span.pk, choice="leave_out" if out else "include", reason="crime" if out else "",
                    by=ewan, now=now,
                )  # fmt: skip
        return bundle

    return do


def read_and_approved(bundle, code, people_at_work, at, now):
    reader = people_at_work[code]
    with at(code):
        laid = bundles(reader).get(pk=bundle.pk)
        for page in range(1, len(pages(leaving(spans_of(laid, reader)))) + 1):
            reading.read_page(bundle.pk, page, by=reader, now=now)
        return reading.approve(bundle.pk, words="", by=reader, now=now)


def test_a_parent_is_not_told_where_a_protected_child_is_by_a_kind_of_row_nor_by_a_word(
    protect, opened, decided, child, people_at_work, at, now
):
    protect("ewan")
    ewan, grace = people_at_work["ewan"], people_at_work["grace"]
    request = opened(kind="solicitor", asked_by="Holt and Invented")
    with refused("whose address is protected"):
        decided(request)
    made = decided(request, left_out=WHERE)
    assert "Blackburn" not in made.child
    with at("ewan"):
        with refused(
            "“Advice to keep the child safe” must not go to whoever asks"
        ):  # her number stands in it
            building.finish(made.pk, grace, by=ewan, now=now)
        for span in spans_of(made, ewan):
            for mark in span.found:
                if "900123" in span.said[mark.start : mark.end]:
                    building.decide_mark(
                        made.pk, mark.pk, choice="redact", reason="serious_harm", by=ewan, now=now
                    )
        assert building.finish(made.pk, grace, by=ewan, now=now).state == "reading"
    read_and_approved(made, "grace", people_at_work, at, now)
    with at("lena"):
        releasing.release(made.pk, handed_over="By post", by=people_at_work["lena"], now=now)


def test_who_is_not_named_learns_of_no_protection_by_gathering_and_it_leaves_by_no_hand_when_protected_since(
    protect, opened, decided, child, people_at_work, at, now
):
    made = decided(opened(kind="inquiry", notice="INV-2026-041"))
    with at("ewan"):
        building.finish(made.pk, people_at_work["grace"], by=people_at_work["ewan"], now=now)
    read_and_approved(made, "grace", people_at_work, at, now)
    protect("farah")
    with at("lena"), refused("must not go to whoever asks"):
        releasing.release(made.pk, handed_over="Portal", by=people_at_work["lena"], now=now)
    with at("ewan"), refused("Gather it again"):
        ewan = people_at_work["ewan"]
        building.decide_span(
            made.pk, spans_of(made, ewan)[0].pk, choice="leave_out", reason="crime", by=ewan, now=now
        )
        building.finish(made.pk, people_at_work["grace"], by=ewan, now=now)


def test_the_child_is_told_by_those_named_alone_and_copies_of_it_are_behind_both_walls(
    protect, opened, decided, child, people_at_work, browser, at, now
):
    ewan, amir, lena = (people_at_work[code] for code in ("ewan", "amir", "lena"))
    with at("ewan"):
        where = [item.key for item in offered(child, ewan) if item.category == "C01L"]
        words = sharing.Words("protect_this_child", "Children Act", "She is in danger", "yes", "Agreed")
        seen = sharing.prepare(child, where, amir, ewan).seen
        sharing.share(child, where, amir, words, seen=seen, by=ewan, now=now)
    protect("ewan")
    made = decided(opened())
    with at("ewan"):
        with refused("Farah Iqbal cannot read it a second time"):
            building.finish(made.pk, people_at_work["farah"], by=ewan, now=now)
        building.finish(made.pk, people_at_work["grace"], by=ewan, now=now)
    read_and_approved(made, "grace", people_at_work, at, now)

    def categories(code: str) -> set[str]:
        with at(code), connection.cursor() as cursor:
            cursor.execute(
                "SELECT category FROM bundles_bundlespan UNION SELECT category FROM sharing_discloseditem"
            )
            return {category for (category,) in cursor.fetchall()} & set(WHERE)

    assert categories("ewan") == {"C01L", "C13"}
    assert categories("amir") == set()
    address = f"/bundles/editions/{made.pk}/"
    assert "bundle.pdf" not in browser("lena").get(address).content.decode()
    assert browser("lena").get(f"{address}bundle.pdf").status_code == 404
    assert browser("ewan").get(f"{address}bundle.pdf").status_code == 200
    with at("lena"):
        assert not BundleFile.objects.visible_to(lena).exists()
        assert releasing.release(made.pk, handed_over="In person", by=lena, now=now).state == "released"
    protect("farah")  # named anew, and not Ewan: what he gathered is kept from him, too
    assert categories("ewan") == set()
