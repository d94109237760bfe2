"""Handing a bundle over: what was approved and nothing else, on record how; and taking it back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.access.ledger_keys import NoSigningKey
from engage.practice.agencies.models import Staff
from engage.practice.people.grouping import service

from . import permissions
from .intake import stands_still
from .models import Bundle, BundleFile, BundleSpan, SpanDecision, SubjectRequest
from .queries import Leaving, bundles, file_of, holds_of, leaving, whole
from .reading import digest_of, keep_file
from .sealing import content_list, digest_of_list, sealed
from .whereabouts import may_leave_with

State = Bundle.State
LIST = "list-of-items.txt"


def release(bundle_id: UUID, *, handed_over: str, by: Staff, now: datetime) -> Bundle:
    """Note how it was handed over, and to whom. For an inquiry it is sealed in the same moment."""
    bundle = bundles(by).select_for_update(of=("self",)).get(pk=bundle_id)
    request = bundle.request
    permissions.answers_for(by, request).enforce()
    if bundle.state != State.APPROVED:
        raise NotPermitted("Only what a second reader approved is handed over, and only once.")
    if not handed_over.strip():
        raise NotPermitted("Say how it was handed over, and to whom.")
    if request.kind != SubjectRequest.Kind.INQUIRY:
        if request.identity_checked_on is None:
            raise NotPermitted("It was not checked yet who asks. Nothing leaves before.")
        if stands_still(holds_of(request, by)):
            raise NotPermitted("It still waits for proof of identity. Nothing leaves before.")
    for somebody in (bundle.preparer, bundle.reader):
        if somebody is not None:  # a conflict that is known since: another gathers it, or reads it, anew
            permissions.may_be_named(somebody, request.person_id, now).enforce()
    spans, pdf = _as_approved(bundle, now)
    may_leave_with(bundle, spans, now)  # protected since
    bundle.state, bundle.released_at, bundle.released_by = State.RELEASED, now, by
    bundle.handed_over = handed_over.strip()
    for earlier in bundles(by).filter(request=request, state=State.RELEASED).exclude(pk=bundle.pk):
        earlier.state = State.SUPERSEDED
        earlier.save(update_fields=["state"])
    bundle.save(update_fields=["state", "released_at", "released_by", "handed_over"])
    request.state, request.ended_at = SubjectRequest.State.ANSWERED, now
    request.save(update_fields=["state", "ended_at"])
    items = leaving(spans)
    kinds = {span.category for span in spans if span.decision.choice == SpanDecision.Choice.INCLUDE}
    if request.kind == SubjectRequest.Kind.INQUIRY:
        _seal(bundle, request, items, pdf, kinds, now)
    else:
        _disclosed(bundle, "release_bundle", kinds, len(items), asked=str(bundle.pk))
    return bundle


def recall(bundle_id: UUID, *, because: str, by: Staff, now: datetime) -> Bundle:
    """It is no longer given out, and a sealed one is refused as recalled; the request is open again.

    What was handed over was handed over: ask for it back, and think of the duty to report a breach.
    """
    bundle = bundles(by).select_for_update(of=("self",)).get(pk=bundle_id)
    permissions.answers_for(by, bundle.request).enforce()
    if bundle.state != State.RELEASED:
        raise NotPermitted("Only what was handed over is recalled.")
    if not because.strip():
        raise NotPermitted("Say why it is recalled.")
    bundle.state, bundle.recalled_at, bundle.recalled_because = State.RECALLED, now, because.strip()
    bundle.save(update_fields=["state", "recalled_at", "recalled_because"])
    bundle.request.state, bundle.request.ended_at = SubjectRequest.State.OPEN, None
    bundle.request.save(update_fields=["state", "ended_at"])
    audit.record(
        audit.Verb.ALTER,
        "recall_bundle",
        subjects=[bundle.request.person_id] if bundle.request.person_id else [],
        basis="answer_a_request",
        asked=bundle.pk,
    )
    return bundle


def taken_away(bundle_id: UUID, kind: str, *, by: Staff, now: datetime) -> bytes:
    """The kept bytes, for who hands them over; each time is a disclosure of its own in the account."""
    bundle = bundles(by).get(pk=bundle_id)
    permissions.may_have_a_part(by, bundle.request.person_id, now).enforce()
    content = _unaltered(file_of(bundle, kind, by))
    _disclosed(bundle, f"download_bundle_{kind}", (), 1, asked=str(bundle.pk))
    return content


def _as_approved(bundle: Bundle, now: datetime) -> tuple[list[BundleSpan], bytes]:
    """Read by Engage itself, since who hands a bundle over may not read the record: that nothing is other than approved."""
    spans = whole(bundle, now)
    with acting_as(service("service_receiver"), now=now) as engage:
        pdf = _unaltered(file_of(bundle, BundleFile.Kind.PDF, engage.staff))
        if digest_of(bundle, bundle.request, spans) != bundle.digest:
            raise NotPermitted(
                "It is not what the second reader approved. It goes back to its preparer; nothing leaves."
            )
    return spans, pdf


def _unaltered(file: BundleFile) -> bytes:
    content = bytes(file.content)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise NotPermitted("The file kept is not what was approved. Tell your administrator; nothing leaves.")
    return content


def _seal(
    bundle: Bundle,
    request: SubjectRequest,
    items: Sequence[Leaving],
    pdf: bytes,
    kinds: set[str],
    now: datetime,
) -> None:
    parts = {f"items/{item.place:04}.txt": _as_text(item) for item in items}
    parts["bundle.pdf"] = pdf
    parts[LIST] = _listed(bundle, request, items, parts)
    entry = _disclosed(bundle, "release_sealed_bundle", kinds, len(items), asked=digest_of_list(parts))
    told = {
        "number": bundle.number,
        "edition": bundle.edition,
        "notice": request.notice,
        "asked_by": request.asked_by,
        "sealed_at": now.isoformat(),
    }
    try:
        key = signing_key_of_the_ledger()
    except NoSigningKey as problem:
        raise NotPermitted(
            "It cannot be sealed: the ledger’s key is missing. Tell your administrator."
        ) from problem
    file, manifest_sha256 = sealed(parts, told, entry.body, key)
    keep_file(bundle, BundleFile.Kind.SEALED, file, now, manifest_sha256)


def _as_text(item: Leaving) -> bytes:
    return f"{item.place}. {item.what}\n\n{item.text}\n\nTold by {item.told_by}\n{item.when}\n".encode()


def _listed(bundle: Bundle, request: SubjectRequest, items: Sequence[Leaving], parts: dict) -> bytes:
    lines = [
        f"Bundle {bundle.number}, edition {bundle.edition}, for {request.asked_by}, notice {request.notice}",
        "",
        *(f"{item.place:04}  {item.what}" for item in items),
        "",
        *(f"{one['sha256']}  {one['name']}" for one in content_list(parts)),
    ]
    return ("\n".join(lines) + "\n").encode()


def _disclosed(bundle: Bundle, deed: str, kinds, items: int, *, asked: str):
    return audit.record(
        audit.Verb.DISCLOSE,
        deed,
        subjects=[bundle.request.person_id] if bundle.request.person_id else [],
        kinds=kinds,
        basis="answer_a_request",
        asked=asked,
        counts={"items": items},
    )
