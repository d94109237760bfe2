"""Where a protected child is leaves to the child alone. To anybody else who asks it is left out or redacted, and the reason
is kept as with everything that is withheld; whoever prepares it, reads it and hands it over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from engage.practice.access.gate import NotPermitted, acting
from engage.practice.access.models import LOCATION
from engage.practice.agencies.models import Staff
from engage.practice.contact.leaving import (
    Words,
    is_protected,
    may_know_where,
    quoted,
    telling_where,
)

from .models import Bundle, BundleSpan, SpanDecision, SubjectRequest
from .queries import leaving


def is_kept_from_requester(request: SubjectRequest, now: datetime) -> bool:
    return (
        not request.is_by_the_child and request.person_id is not None and is_protected(request.person_id, now)
    )


def telling(request: SubjectRequest, spans: Sequence[BundleSpan], now: datetime) -> list[str]:
    """What of it leaves and tells where the child is, protected or not: by its kind, or by the words in it."""
    assert request.person_id is not None, "set when it was gathered"
    included = [span for span in spans if span.decision.choice == SpanDecision.Choice.INCLUDE]
    by_kind = [span.what for span in included if span.category in LOCATION]
    return list(dict.fromkeys([*by_kind, *telling_where(request.person_id, words_of(spans), now)]))


def words_of(spans: Sequence[BundleSpan]) -> list[Words]:
    """As they leave, with who told them: the name of a school says where a child is."""
    return [Words(item.what, f"{item.text}\n{item.told_by}\n{item.when}") for item in leaving(spans)]


def may_leave_with(bundle: Bundle, spans: Sequence[BundleSpan], now: datetime) -> None:
    """Raises NotPermitted where it would tell somebody else than the child where it is; asked at each step, since a child
    may be protected between them. Who is not named for it is not told more than that it must not leave."""
    request = bundle.request
    if not is_kept_from_requester(request, now) or not (found := telling(request, spans, now)):
        return
    words = f"{quoted(found)} must not go to whoever asks as it stands. "
    if request.person_id in acting().kept_location or bundle.preparer_id != acting().staff.pk:
        raise NotPermitted(words + "Its preparer leaves it out, or asks the team manager.")
    raise NotPermitted(
        words + "It tells where the child is, whose address is protected: leave it out, or redact that."
    )


def may_be_read_by(reader: Staff, bundle: Bundle, spans: Sequence[BundleSpan], now: datetime) -> None:
    request = bundle.request
    assert request.person_id is not None, "set when it was gathered"
    if not may_know_where(request.person_id, reader, now) and telling(request, spans, now):
        raise NotPermitted(
            f"{reader.name} cannot read it a second time: not all of it is for them. Name another."
        )
