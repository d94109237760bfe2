"""The whole way by the pages: opened by the lead, gathered and decided by the preparer, read by another, handed over."""

from __future__ import annotations

import re

import pytest

from engage.practice.bundles.models import Bundle
from engage.practice.bundles.queries import bundles, spans_of

pytestmark = pytest.mark.django_db


def test_r17_from_the_letter_to_the_file_by_the_pages(child, browser, people_at_work, at):
    lena, ewan, grace = browser("lena"), browser("ewan"), browser("grace")
    opened = lena.post(
        "/bundles/new/",
        {
            "kind": "child", "asked_by": "The young person", "about": "Katie H.", "received_how": "message",
            "received_on_day": "28", "received_on_month": "10", "received_on_year": "2026",
        },
    )  # fmt: skip
    request = opened["Location"]
    day = {"checked_on_day": "30", "checked_on_month": "10", "checked_on_year": "2026"}
    assert lena.post(request, {"deed": "identity", "identity_words": "Passport", **day}).status_code == 302
    preparer = {"deed": "assign", "preparer": str(people_at_work["ewan"].pk)}
    assert lena.post(request, preparer).status_code == 302
    assert "30 November 2026" in lena.get(request).content.decode()  # the 28th is a Saturday

    gather = f"/children/{child}/bundle/"
    assert gather in ewan.get(f"/children/{child}/").content.decode()
    assert gather not in grace.get(f"/children/{child}/").content.decode()
    edition = ewan.post(gather, {"request": request.strip("/").split("/")[-1]})["Location"]
    assert ewan.post(edition, {"deed": "plain"}).status_code == 302
    finish = {"deed": "finish", "reader": str(people_at_work["grace"].pk)}
    assert "Nothing leaves undecided" in ewan.post(edition, finish).content.decode()
    _decide_the_rest(ewan, edition, people_at_work, at)
    assert ewan.post(edition, finish).status_code == 302

    assert "A bundle to read as the second person" in grace.get("/today/").content.decode()
    first = grace.get(f"{edition}read/").content.decode()
    assert "What is withheld, and why" in first and "another person" in first
    for page in range(1, int(re.search(r"Page 1 of (\d+)", first).group(1)) + 1):
        shown = grace.get(f"{edition}read/?page={page}").content.decode()
        assert "Tariq" not in shown
        assert grace.post(f"{edition}read/", {"deed": "page", "page": page}).status_code == 302
    assert grace.post(f"{edition}read/", {"deed": "approve", "words": ""}).status_code == 302

    assert lena.post(f"{edition}release/", {"handed_over": "In person"}).status_code == 302
    assert lena.get(f"{edition}bundle.pdf").content.startswith(b"%PDF")
    assert "In person" in lena.get(edition).content.decode()
    assert "A request to see what is held" not in lena.get("/today/").content.decode()


def _decide_the_rest(ewan, edition, people_at_work, at) -> None:
    with at("ewan"):
        (bundle,) = bundles(people_at_work["ewan"]).filter(state=Bundle.State.PREPARING)
        spans = spans_of(bundle, people_at_work["ewan"])
    for owner in {span.owner_id for span in spans if span.ask_owner}:
        said = {"deed": "consult", "agency": owner, "owner_said": "No objection"}
        assert ewan.post(edition, said).status_code == 302
    for span in spans:
        page = f"{edition}spans/{span.pk}/"
        if span.found or not span.decision.choice:
            assert ewan.post(page, {"deed": "whole", "choice": "include"}).status_code == 302
        for mark in span.found:
            decided = {"deed": "mark", "mark": mark.pk, "mark_choice": "redact", "mark_reason": "third_party"}
            assert ewan.post(page, decided).status_code == 302
    assert (
        'class="bundles-mark bundles-mark--redact"' in ewan.get(f"{page}").content.decode()
        or span.found == []
    )
