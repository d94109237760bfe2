"""The second reader: page by page, then approved or sent back. What was read is what leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff

from . import permissions
from .models import Bundle, BundleFile, BundleSpan, SpanDecision, SubjectRequest
from .printed import cover, printed
from .queries import bundles, leaving, pages, spans_of, whole, withheld
from .whereabouts import may_be_read_by, may_leave_with

State = Bundle.State


def digest_of(bundle: Bundle, request: SubjectRequest, spans: Sequence[BundleSpan]) -> str:
    """Of everything that leaves and everything that was decided: another word or reason, and it is another digest."""
    items = leaving(spans)
    decided = [
        [
            str(span.pk),
            span.said,
            span.decision.choice,
            span.decision.reason,
            [[mark.start, mark.end, mark.choice, mark.reason] for mark in span.found],
        ]
        for span in spans
    ]
    said = [
        bundle.number,
        bundle.edition,
        cover(bundle, request, items, withheld(spans)),
        [[item.place, item.what, list(item.parts), item.told_by, item.when] for item in items],
        decided,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def read_page(bundle_id: UUID, page: int, *, by: Staff, now: datetime) -> Bundle:
    """The second reader has read this page; the first is the cover."""
    bundle = _to_read(bundle_id, by)
    if not 1 <= page <= len(pages(leaving(spans_of(bundle, by)))):
        raise NotPermitted("There is no such page.")
    bundle.pages_read = sorted({*bundle.pages_read, page})
    bundle.save(update_fields=["pages_read"])
    _account(bundle, "read_bundle_page")
    return bundle


def approve(bundle_id: UUID, *, words: str, by: Staff, now: datetime) -> Bundle:
    """Once every page was read. What was finished is printed and kept, byte for byte."""
    bundle = _to_read(bundle_id, by)
    spans = whole(bundle, now)
    unread = set(range(1, len(pages(leaving(spans))) + 1)) - set(bundle.pages_read)
    if unread:
        raise NotPermitted(f"Read every page first. Not read yet: {', '.join(map(str, sorted(unread)))}.")
    if len(leaving(spans)) != len(leaving(spans_of(bundle, by))):
        raise NotPermitted("You see less of it than was laid before you. Send it back.")
    included = [span for span in spans if span.decision.choice == SpanDecision.Choice.INCLUDE]
    assert bundle.request.person_id is not None, "set when it was gathered"
    permissions.may_read_second(by, included, bundle.request.person_id, now).enforce()
    may_leave_with(bundle, spans, now)
    may_be_read_by(by, bundle, spans, now)
    if digest_of(bundle, bundle.request, spans) != bundle.digest:
        raise NotPermitted("It is not what its preparer finished. Send it back.")
    bundle.state, bundle.read_at, bundle.remark = State.APPROVED, now, words.strip()
    bundle.save(update_fields=["state", "read_at", "remark"])
    keep_file(
        bundle, BundleFile.Kind.PDF, printed(bundle, bundle.request, leaving(spans), withheld(spans)), now
    )
    _account(bundle, "approve_bundle")
    return bundle


def send_back(bundle_id: UUID, *, words: str, by: Staff, now: datetime) -> Bundle:
    bundle = _to_read(bundle_id, by)
    if not words.strip():
        raise NotPermitted("Say what is to be changed: the preparer reads it.")
    bundle.state, bundle.remark, bundle.read_at = State.PREPARING, words.strip(), now
    bundle.digest, bundle.pages_read = "", []
    bundle.save(update_fields=["state", "remark", "read_at", "digest", "pages_read"])
    _account(bundle, "send_bundle_back")
    return bundle


def keep_file(bundle: Bundle, kind: str, content: bytes, now: datetime, manifest_sha256: str = "") -> None:
    BundleFile(
        bundle=bundle,
        kind=kind,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        manifest_sha256=manifest_sha256,
        made_at=now,
    ).save(force_insert=True)


def _to_read(bundle_id: UUID, by: Staff) -> Bundle:
    bundle = bundles(by).select_for_update(of=("self",)).get(pk=bundle_id)
    permissions.may_read(by, bundle).enforce()
    return bundle


def _account(bundle: Bundle, deed: str) -> None:
    audit.record(
        audit.Verb.CONSULT,
        deed,
        subjects=[bundle.request.person_id] if bundle.request.person_id else [],
        basis="answer_a_request",
        asked=bundle.pk,
    )
