"""Something reached the wrong person: the clock starts in the product, and stands before somebody until it is done."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from engage.demo.probing import signed_in
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.breaches.actions import open_breach, take_step
from engage.practice.breaches.models import Breach
from engage.practice.sharing.models import Disclosure

pytestmark = pytest.mark.django_db


def said(response) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(text.replace("&#x27;", "'").split())


def test_r8_a_breach_has_a_clock_an_owner_and_stands_on_today_until_it_is_closed(
    people_at_work, now, settings
):
    settings.DEMO, settings.AS_AT, settings.AS_AT_RUNS_ON = True, now.isoformat(), False
    ewan, lena = people_at_work["ewan"], people_at_work["lena"]
    noticed = now - timedelta(hours=70)
    with acting_as(ewan, now=now):
        with pytest.raises(NotPermitted):
            open_breach(what="x", noticed_at=now + timedelta(minutes=1), by=ewan, now=now)
        breach = open_breach(what="A list was left behind.", noticed_at=noticed, by=ewan, now=now)
        assert (breach.due_at, breach.owner) == (noticed + timedelta(hours=72), lena)
        with pytest.raises(NotPermitted, match="Lena Marsden"):
            take_step(breach.pk, kind="contained", words="x", by=ewan, now=now)

    page = signed_in(lena)
    assert "Breach Blackburn with Darwen Children's Services" in said(page.get("/today/"))
    address = f"/breaches/{breach.pk}/"
    assert "Closed" not in said(page.get(address))
    with acting_as(lena, now=now), pytest.raises(NotPermitted, match="others come before"):
        take_step(breach.pk, kind="closed", words="x", by=lena, now=now)
    for kind in ("contained", "assessed", "family", "commissioner", "closed"):
        told = {"told_family": "no"} if kind == "family" else {"told_commissioner": "yes"}
        assert page.post(address, {"kind": kind, "words": f"Words on {kind}.", **told}).status_code == 302
    assert "not told. Words on family." in said(page.get(address))
    assert "Breach" not in said(page.get("/today/"))

    for code in ("olga", "amir"):
        client = signed_in(people_at_work[code])
        hidden, absent = client.get(address), client.get(f"/breaches/{uuid4()}/")
        assert (hidden.status_code, said(hidden)) == (404, said(absent))
        assert "Blackburn" not in said(client.get("/breaches/")).replace("Engage", "")


def test_r8_a_breach_is_opened_from_what_was_shared(people_at_work, now, receiver, settings):
    settings.DEMO, settings.AS_AT, settings.AS_AT_RUNS_ON = True, now.isoformat(), False
    ewan, nia = people_at_work["ewan"], people_at_work["nia"]
    with acting_as(receiver, now=now):
        shared = Disclosure.objects.create(
            record_id=uuid4(), person_id=uuid4(), state="sent", sent_by=ewan, agency=ewan.agency, decided_at=now,
            sent_at=now, recipient=nia, expires_at=now + timedelta(days=1),
        )  # fmt: skip
    page = signed_in(nia)
    assert "It reached the wrong person" in said(page.get(f"/sharing/{shared.pk}/"))
    typed = {
        "what": "Meant for a colleague of the same name.", "noticed_at_day": "2", "noticed_at_month": "11",
        "noticed_at_year": "2026", "noticed_at_time": "8am",
    }  # fmt: skip
    assert page.post(f"/sharing/{shared.pk}/breach/", typed).status_code == 302
    with acting_as(nia, now=now):
        breach = Breach.objects.visible_to(nia).get()
    # The sender's information, so the sender's lead owns it.
    assert (breach.disclosure_id, breach.agency, breach.owner.code) == (shared.pk, ewan.agency, "lena")
    assert signed_in(people_at_work["amir"]).post(f"/sharing/{shared.pk}/breach/", typed).status_code == 404
