"""Who prepares a bundle, reads it and hands it over: nobody who must not be told of the child, or not of all that it says."""

from __future__ import annotations

import pytest

from engage.practice.access.gate import NotPermitted
from engage.practice.access.models import Barred
from engage.practice.bundles import building, intake, reading, releasing
from engage.practice.bundles.models import BundleSpan
from engage.practice.bundles.queries import leaving, pages, spans_of
from engage.practice.contact import actions as contact
from engage.practice.contact.actions import NotToInput

pytestmark = pytest.mark.django_db


def refused(match):
    return pytest.raises(NotPermitted, match=match)


def test_whom_nothing_of_the_child_may_reach_has_no_part_in_its_bundle_and_another_is_to_be_named(
    approved, child, people_at_work, town, receiver, at, now
):
    made = approved()
    ewan, lena = people_at_work["ewan"], people_at_work["lena"]
    told = {}
    with at("ewan"):
        for code in ("farah", "lena"):
            given = NotToInput(people_at_work[code].name, "A relative", colleague=people_at_work[code])
            told[code] = contact.keep_away(child, given, by=ewan, now=now).about_id
    with at("lena"):
        for deed in (
            lambda: intake.assign(made.request_id, ewan, by=lena, now=now),
            lambda: releasing.release(made.pk, handed_over="In person", by=lena, now=now),
            lambda: releasing.taken_away(made.pk, "pdf", by=lena, now=now),
        ):
            with refused("Lena Marsden must not be told"):
                deed()
    with at("ewan"):
        contact.end_kept_away(child, told["lena"], why="Another Lena", by=ewan, now=now)
    with town.acting():  # known since: what Grace read is read by another before it leaves
        Barred.objects.create(
            record_id=child, person_id=child, staff=people_at_work["grace"], added_at=now, added_by=receiver
        )
    with at("lena"), refused("Grace Whittam must not be told.*Name another"):
        releasing.release(made.pk, handed_over="In person", by=lena, now=now)
    with at("ewan"), refused("Farah Iqbal must not be told.*Name another"):
        building.decide_span(made.pk, spans_of(made, ewan)[0].pk, choice="include", by=ewan, now=now)
        building.finish(made.pk, people_at_work["farah"], by=ewan, now=now)


def test_a_second_reader_reads_what_their_role_reads_by_itself_and_no_more(
    child, town, opened, people_at_work, at, now
):
    town.fact(child, "child_words", "I do not want to say more", "C04", agency="BRIDGE")
    ewan, amir = people_at_work["ewan"], people_at_work["amir"]
    request = opened()
    with at("ewan"):
        bundle = building.gather(request.pk, child, by=ewan, now=now)
        for span in spans_of(bundle, ewan):
            for mark in span.found:
                building.decide_mark(bundle.pk, mark.pk, choice="keep", by=ewan, now=now)
            if building.waits_for_owner(span):
                building.owner_consulted(bundle.pk, span.owner_id, words="No objection", by=ewan, now=now)
            building.decide_span(bundle.pk, span.pk, choice="include", by=ewan, now=now)
        full = BundleSpan.objects.visible_to(ewan).get(bundle=bundle, category="C04")
        assert full.in_full and not full.restricted
        with refused("does not read “The child's words” by itself"):  # police read a summary of it
            building.finish(bundle.pk, amir, by=ewan, now=now)
        building.decide_span(bundle.pk, full.pk, choice="leave_out", reason="crime", by=ewan, now=now)
        building.finish(bundle.pk, amir, by=ewan, now=now)
    amir.role = "sister_team"  # another role since
    amir.save()
    with at("amir"), refused("Name another"):
        for page in range(1, len(pages(leaving(spans_of(bundle, amir)))) + 1):
            reading.read_page(bundle.pk, page, by=amir, now=now)
        reading.approve(bundle.pk, words="", by=amir, now=now)
