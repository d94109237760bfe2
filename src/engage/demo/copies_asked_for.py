"""Who asked to see what is held, before the demo begins: five requests, each at another step."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import cycle
from uuid import UUID

from engage.methods.moments import london_date
from engage.practice.access.gate import acting_as
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff
from engage.practice.bundles import building, reading, releasing
from engage.practice.bundles.intake import Asked, assign, check_identity, open_request
from engage.practice.bundles.models import Bundle, BundleSpan, SpanDecision
from engage.practice.bundles.permissions import may_read_second
from engage.practice.bundles.queries import bundles, leaving, pages, spans_of
from engage.practice.contact.leaving import is_protected

# How many days ago it came, who asks, and how far it is.
STEPS = [
    (3, "carer", "A parent of the child", "", "opened"),
    (20, "child", "The young person", "", "preparing"),
    (24, "solicitor", "Holt and Invented, solicitors", "", "reading"),
    (27, "adult_now", "The care leaver", "", "approved"),
    (33, "inquiry", "The Invented Inquiry", "INV-2026-041", "released"),
]


def copies_asked_for(*, now: datetime) -> None:
    staff = {person.code: person for person in Staff.objects.select_related("agency", "team")}
    preparer = staff["ewan"]
    with acting_as(preparer, now=now) as context:
        children = [
            person
            for person in sorted(context.people)
            if person not in restricted_people() and not is_protected(person, now)
        ]
    # Where fewer children than five may be asked about, one is asked about twice.
    for (days, kind, asked_by, notice, step), child in zip(STEPS, cycle(children), strict=False):
        asked = Asked(
            kind=kind,
            asked_by=asked_by,
            about=f"As in the letter of {asked_by}",
            received_on=london_date(now) - timedelta(days=days),
            received_how="letter",
            authority="Shown in the original" if kind in ("carer", "solicitor") else "",
            notice=notice,
        )
        _answer(asked, child, step, preparer, staff["lena"], staff["grace"], now)


def _answer(
    asked: Asked, child: UUID, step: str, preparer: Staff, lead: Staff, reader: Staff, now: datetime
) -> None:
    with acting_as(lead, now=now):
        request = open_request(asked, by=lead, now=now)
        check_identity(
            request.pk, words="Passport seen", on=asked.received_on + timedelta(days=1), by=lead, now=now
        )
        assign(request.pk, preparer, by=lead, now=now)
    if step == "opened":
        return
    with acting_as(preparer, now=now):
        bundle = building.gather(request.pk, child, by=preparer, now=now)
        spans = spans_of(bundle, preparer)
        if step == "preparing":
            for span in spans[:3]:
                _decide(bundle, span, preparer, reader, now)
            return
        for span in spans:
            _decide(bundle, span, preparer, reader, now)
        building.finish(bundle.pk, reader, by=preparer, now=now)
    if step == "reading":
        return
    with acting_as(reader, now=now):
        laid = bundles(reader).get(pk=bundle.pk)
        for page in range(1, len(pages(leaving(spans_of(laid, reader)))) + 1):
            reading.read_page(bundle.pk, page, by=reader, now=now)
        reading.approve(bundle.pk, words="", by=reader, now=now)
    if step == "released":
        with acting_as(lead, now=now):
            releasing.release(bundle.pk, handed_over="By the inquiry’s own portal", by=lead, now=now)


def _decide(bundle: Bundle, span: BundleSpan, preparer: Staff, reader: Staff, now: datetime) -> None:
    """Others' names go, the rest stays; what the second reader's role never reads is left out."""
    for mark in span.found:
        if not mark.choice:
            own = span.key.startswith(("address:", "identifier:"))  # where the child lives and is rung
            building.decide_mark(
                bundle.pk,
                mark.pk,
                choice="keep" if own else "redact",
                reason="" if own else "third_party",
                by=preparer,
                now=now,
            )
    if building.waits_for_owner(span) and span.owner_id:
        building.owner_consulted(
            bundle.pk, span.owner_id, words="Asked on the telephone: no objection.", by=preparer, now=now
        )
    assert bundle.request.person_id is not None, "set when it was gathered"
    included = bool(may_read_second(reader, [span], bundle.request.person_id, now))
    building.decide_span(
        bundle.pk,
        span.pk,
        choice=SpanDecision.Choice.INCLUDE if included else SpanDecision.Choice.LEAVE_OUT,
        reason="" if included else "crime",
        by=preparer,
        now=now,
    )
