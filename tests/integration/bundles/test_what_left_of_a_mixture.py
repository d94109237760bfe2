"""After a wrong join: whoever handed over a bundle or wrote a letter while two were one is found, as who read of them is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engage.practice.bundles import releasing
from engage.practice.contact import actions as contact
from engage.practice.contact import outgoing
from engage.practice.contact.actions import WayInput
from engage.practice.people import mixtures
from engage.practice.people.actions import judge_records, undo
from engage.practice.people.models import Mixture

pytestmark = pytest.mark.django_db


def test_r18_a_bundle_and_a_letter_that_left_of_a_mixture_are_found_when_it_is_taken_apart(
    child, approved, town, people_at_work, browser, at, now
):
    other = town.child(
        "Josephine", "Holden", "Hyndburn", phone="07700 900778", postcode="BB5 1AA", born_on=None
    )
    ewan, grace, lena = (people_at_work[code] for code in ("ewan", "grace", "lena"))
    with at("grace"):
        said = judge_records(
            record_a=child, record_b=other, verdict="same", reason="One name", by=grace, now=now
        )
    assert town.person(other) == town.person(child)
    left_at = now + timedelta(hours=1)
    made = approved()
    with at("lena", left_at):
        releasing.release(made.pk, handed_over="In person", by=lena, now=left_at)
    with at("ewan", left_at):
        given = WayInput("address", "2 Safe Street, Blackburn BB1 1AA", "child", "Katie Holden")
        way = contact.add_way(child, given, confirmed=True, why="She told me", by=ewan, now=left_at).about_id
        letter = {"subject": "Meeting", "text": "Come on Monday.", "by": ewan, "now": left_at}
        seen = outgoing.prepare_letter(child, way, **letter).fingerprint
        outgoing.write_letter(child, way, **letter, seen=seen, because={})
    later = now + timedelta(days=1)
    with at("grace", later):
        undo(judgement_id=said.judgement.pk, reason="They are sisters", by=grace, now=later)
        (mixture,) = Mixture.objects.visible_to(grace)
        seen = {(one.staff.code, one.how): one for one in mixtures.who_saw(mixture, grace)}
    assert seen["lena", "sent"].times == seen["ewan", "sent"].times == 1
    assert seen["lena", "sent"].first_at == left_at
    with at("ewan", later):
        assert "sent" in {one.how for one in mixtures.to_check(ewan)}
    page = browser("grace").get(f"/mixtures/{mixture.pk}/").content.decode()
    assert "Let something of the child leave" in page and "see the registers of sharing" in page
