"""Making a bundle: gather, decide each span and each mark, ask owners, and lay it before a second reader.

Whatever is changed after it was finished takes it back from the second reader, and takes an approval away.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from engage.methods.redaction import word_ranges
from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted
from engage.practice.access.models import LOCATION
from engage.practice.agencies.models import Staff
from engage.practice.people.queries import resolve_person
from engage.practice.sharing.offer import about_child
from engage.reference import withholding_reasons

from . import permissions
from .gathering import gathered, named_on_cover
from .models import Bundle, BundleSpan, Mark, SpanDecision, SubjectRequest
from .printed import printed
from .queries import bundles, bundles_of, leaving, requests, spans_of, undecided, whole, withheld
from .reading import digest_of
from .whereabouts import is_kept_from_requester, may_be_read_by, may_leave_with, telling

State = Bundle.State
Choice = SpanDecision.Choice
# Without letters that are read for another.
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def gather(request_id: UUID, person_id: UUID, *, by: Staff, now: datetime) -> Bundle:
    """Say whose record it is, and take into a new edition everything of it that `by` sees now.

    An earlier edition that was not handed over is put away. Raises Record.DoesNotExist where `by` sees no such child.
    """
    request = requests(by).select_for_update(of=("self",)).get(pk=request_id)
    permissions.may_prepare(by, request).enforce()
    _, record = about_child(person_id, by)
    if request.person_id and resolve_person(request.person_id, by) != person_id:
        raise NotPermitted(
            "This request is about another child. Close it and open another if that was wrong."
        )
    for somebody in {request.owner, by}:
        permissions.may_have_a_part(somebody, person_id, now).enforce()
    earlier = bundles_of(request, by)
    for one in earlier:
        if one.state in (State.PREPARING, State.READING, State.APPROVED):
            one.state = State.SUPERSEDED
            one.save(update_fields=["state"])
    request.record_id, request.person_id = record.pk, person_id
    request.state = SubjectRequest.State.OPEN
    request.save(update_fields=["record_id", "person_id", "state"])
    bundle = Bundle(
        request=request,
        edition=1 + max((one.edition for one in earlier), default=0),
        number=_number(request),
        child=named_on_cover(request, person_id, by),
        preparer=by,
        gathered_at=now,
    )
    bundle.save(force_insert=True)
    spans, decisions, marks = gathered(bundle, person_id, by)
    BundleSpan.objects.bulk_create(spans)
    SpanDecision.objects.bulk_create(decisions)
    Mark.objects.bulk_create(marks)
    audit.record(
        audit.Verb.COMBINE,
        "gather_bundle",
        subjects=[person_id],
        kinds={span.category for span in spans},
        basis="answer_a_request",
        asked=bundle.pk,
        counts={"spans": len(spans), "marks": len(marks)},
    )
    return bundle


def decide_span(
    bundle_id: UUID, span_id: UUID, *, choice: str, reason: str = "", by: Staff, now: datetime
) -> Bundle:
    """Include it, with its redactions, or leave it out for a reason."""
    bundle = _to_decide(bundle_id, by)
    decision = (
        SpanDecision.objects.visible_to(by).select_related("span").get(span_id=span_id, span__bundle=bundle)
    )
    if choice not in Choice.values:
        raise NotPermitted("Include it or leave it out.")
    _has_reason(reason, needed=choice == Choice.LEAVE_OUT)
    if (
        choice == Choice.INCLUDE
        and decision.span.category in LOCATION
        and is_kept_from_requester(bundle.request, now)
    ):
        raise NotPermitted(
            "It tells where the child is, whose address is protected: it is left out for whoever asks but the child."
        )
    decision.choice, decision.reason = choice, reason if choice == Choice.LEAVE_OUT else ""
    decision.decided_by, decision.decided_at = by, now
    decision.save()
    _account(bundle, "decide_span")
    return bundle


def include_plain(bundle_id: UUID, *, by: Staff, now: datetime) -> int:
    """Include at once every span that nobody decided, that suggests nobody else and waits for no owner."""
    bundle = _to_decide(bundle_id, by)
    stays = LOCATION if is_kept_from_requester(bundle.request, now) else frozenset()
    plain = [
        span.decision
        for span in spans_of(bundle, by)
        if not span.decision.choice
        and not span.found
        and not waits_for_owner(span)
        and span.category not in stays
    ]
    for decision in plain:
        decision.choice, decision.decided_by, decision.decided_at = Choice.INCLUDE, by, now
        decision.save()
    _account(bundle, "include_plain_spans", spans=len(plain))
    return len(plain)


def decide_mark(
    bundle_id: UUID,
    mark_id: UUID,
    *,
    choice: str,
    reason: str = "",
    everywhere: bool = False,
    by: Staff,
    now: datetime,
) -> int:
    """Redact or keep the marked words; with `everywhere`, also where the same words are marked and undecided.

    Returns how many marks were decided.
    """
    bundle = _to_decide(bundle_id, by)
    if choice not in Mark.Choice.values:
        raise NotPermitted("Redact it or keep it.")
    _has_reason(reason, needed=choice == Mark.Choice.REDACT)
    spans = spans_of(bundle, by)
    words = next(
        (span.said[mark.start : mark.end] for span in spans for mark in span.found if mark.pk == mark_id),
        None,
    )
    if words is None:
        raise Mark.DoesNotExist
    decided = 0
    for span in spans:
        for mark in span.found:
            alike = everywhere and not mark.choice and _same(span.said[mark.start : mark.end], words)
            if mark.pk == mark_id or alike:
                mark.choice, mark.reason = choice, reason if choice == Mark.Choice.REDACT else ""
                mark.decided_by, mark.decided_at = by, now
                mark.save()
                decided += 1
    _account(bundle, "decide_mark", marks=decided)
    return decided


def redact_words(
    bundle_id: UUID, span_id: UUID, numbers: Collection[int], *, reason: str, by: Staff, now: datetime
) -> Bundle:
    """Redact words chosen on the page, by their number in the span; neighbours become one mark."""
    bundle = _to_decide(bundle_id, by)
    span = next(one for one in spans_of(bundle, by) if one.pk == span_id)
    ranges = word_ranges(span.said)
    wanted = sorted(number for number in set(numbers) if 0 <= number < len(ranges))
    if not wanted:
        raise NotPermitted("Choose the words to redact.")
    _has_reason(reason, needed=True)
    for start, end in _neighbours_together(ranges, wanted):
        same = next((mark for mark in span.found if (mark.start, mark.end) == (start, end)), None)
        mark = same or Mark(span=span, start=start, end=end, found_as=Mark.FoundAs.BY_HAND)
        mark.choice, mark.reason = Mark.Choice.REDACT, reason
        mark.decided_by, mark.decided_at = by, now
        mark.save(force_insert=same is None)
    _account(bundle, "redact_words")
    return bundle


def owner_consulted(bundle_id: UUID, agency_id: int, *, words: str, by: Staff, now: datetime) -> int:
    """Keep what the owner agency said of its spans; returns how many they are."""
    bundle = _to_decide(bundle_id, by)
    if not words.strip():
        raise NotPermitted("Say whom you asked, and what they said.")
    found = [span for span in spans_of(bundle, by) if span.ask_owner and span.owner_id == agency_id]
    for span in found:
        span.decision.owner_said = words.strip()
        span.decision.consulted_by, span.decision.consulted_at = by, now
        span.decision.save()
    _account(bundle, "owner_consulted", spans=len(found))
    return len(found)


def finish(bundle_id: UUID, reader: Staff, *, by: Staff, now: datetime) -> Bundle:
    """Lay it before a second reader. Raises NotPermitted while anything is undecided."""
    bundle = _to_decide(bundle_id, by)
    left = undecided(bundle, by)
    if left["spans"] or left["marks"]:
        raise NotPermitted(
            f"Still to decide: {left['spans']} spans and {left['marks']} suggestions. Nothing leaves undecided."
        )
    if left["owners"]:
        raise NotPermitted(f"The agencies that own {left['owners']} spans have not been asked yet.")
    spans = spans_of(bundle, by)
    if len(spans) != len(whole(bundle, now)):
        raise NotPermitted("You see less of the record than when it was gathered. Gather it again.")
    included = [span for span in spans if span.decision.choice == Choice.INCLUDE]
    if not included:
        raise NotPermitted("Everything is left out. Close the request instead, and say why.")
    request = bundle.request
    if reader.pk == by.pk:
        raise NotPermitted("Another person than you reads it.")
    permissions.may_be_preparer(reader).enforce()
    assert request.person_id is not None, "set when it was gathered"
    permissions.may_be_named(reader, request.person_id, now).enforce()
    permissions.may_read_second(reader, included, request.person_id, now).enforce()
    may_leave_with(bundle, spans, now)
    may_be_read_by(reader, bundle, spans, now)
    bundle.says_where = bool(telling(request, spans, now))
    bundle.finished_at, bundle.reader, bundle.state = now, reader, State.READING
    bundle.digest = digest_of(bundle, request, spans)
    printed(bundle, request, leaving(spans), withheld(spans))  # refuses here what could not be printed later
    bundle.pages_read, bundle.remark, bundle.read_at = [], "", None
    bundle.save()
    request.reader = reader
    request.save(update_fields=["reader"])
    _account(bundle, "finish_bundle", spans=len(included))
    return bundle


def waits_for_owner(span: BundleSpan) -> bool:
    return span.ask_owner and span.decision.consulted_at is None


def _to_decide(bundle_id: UUID, by: Staff) -> Bundle:
    """The bundle, locked; taken back from its reader, and no longer approved, because something is about to change."""
    bundle = bundles(by).select_for_update(of=("self",)).get(pk=bundle_id)
    permissions.may_decide(by, bundle).enforce()
    if bundle.state != State.PREPARING:
        bundle.state, bundle.digest, bundle.pages_read, bundle.read_at = State.PREPARING, "", [], None
        bundle.save(update_fields=["state", "digest", "pages_read", "read_at"])
    return bundle


def _has_reason(reason: str, *, needed: bool) -> None:
    if needed and reason not in withholding_reasons():
        raise NotPermitted("Choose the reason why it is withheld.")


def _neighbours_together(ranges: Sequence[tuple[int, int]], wanted: Sequence[int]) -> list[tuple[int, int]]:
    together: list[tuple[int, int]] = []
    before = None
    for number in wanted:
        start, end = ranges[number]
        if before is not None and number == before + 1:
            together[-1] = (together[-1][0], end)
        else:
            together.append((start, end))
        before = number
    return together


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _number(request: SubjectRequest) -> str:
    series = "INQ" if request.kind == SubjectRequest.Kind.INQUIRY else "SAR"
    drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{series}-{drawn[:4]}-{drawn[4:]}"


def _account(bundle: Bundle, deed: str, **counts: int) -> None:
    audit.record(
        audit.Verb.ALTER,
        deed,
        subjects=[bundle.request.person_id] if bundle.request.person_id else [],
        basis="answer_a_request",
        asked=bundle.pk,
        counts=counts,
    )
