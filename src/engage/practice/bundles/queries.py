"""Requests and bundles, as far as one reader may know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q

from engage.methods.redaction import burned
from engage.practice.access.gate import acting, acting_as
from engage.practice.agencies.models import Staff
from engage.practice.people.grouping import service
from engage.practice.people.mixtures import Sighting, sightings
from engage.practice.people.models import MixtureSeen
from engage.practice.sharing.permissions import WITHOUT_CHILDREN

from .models import Bundle, BundleFile, BundleSpan, Mark, RequestHold, SpanDecision, SubjectRequest

ITEMS_A_PAGE = 8  # of what the second reader reads at once


def requests(reader: Staff):
    return (
        SubjectRequest.objects.visible_to(reader)
        .select_related("owner", "preparer", "reader", "agency", "opened_by")
        .order_by("due_on", "opened_at", "id")
    )


def open_requests(reader: Staff):
    """What this reader has a part in until it is answered, the nearest day first."""
    return requests(reader).filter(state=SubjectRequest.State.OPEN)


def to_gather(person_id: UUID, reader: Staff):
    """Requests for which this reader may gather this child's record: of nobody yet, or of this child already."""
    waiting = Q(state=SubjectRequest.State.OPEN, person_id=None)
    known = Q(person_id=person_id) & ~Q(state=SubjectRequest.State.CLOSED)
    return requests(reader).filter(waiting | known, preparer=reader)


def holds_of(request: SubjectRequest, reader: Staff) -> list[RequestHold]:
    return list(RequestHold.objects.visible_to(reader).filter(request=request).select_related("begun_by"))


def bundles(reader: Staff):
    return (
        Bundle.objects.visible_to(reader)
        .select_related("request__owner", "preparer", "reader", "released_by")
        .order_by("-gathered_at", "-edition", "id")
    )


def bundles_of(request: SubjectRequest, reader: Staff) -> list[Bundle]:
    return list(bundles(reader).filter(request=request))


def register(reader: Staff):
    """Every bundle that left, or was to, newest first."""
    return bundles(reader).order_by("-released_at", "-gathered_at", "id")


def handed_over_of(person_id: UUID, since: datetime, until: datetime) -> list[Sighting]:
    """Who handed over a bundle of this person between two moments; asked as the receiving service."""
    released = bundles(acting().staff).filter(
        request__person_id=person_id, released_at__gte=since, released_at__lt=until
    )
    return sightings(released, by="released_by", at="released_at", how=MixtureSeen.How.SENT)


def spans_of(bundle: Bundle, reader: Staff) -> list[BundleSpan]:
    """In their places, each with its decision and its marks in `found`. The second reader is shown what leaves, and
    nothing of what was left out: whether they may know of that was not asked."""
    spans = BundleSpan.objects.visible_to(reader).filter(bundle=bundle)
    if reader.pk == bundle.reader_id:
        spans = spans.filter(decision__choice=SpanDecision.Choice.INCLUDE)
    return list(
        spans.select_related("owner", "decision__decided_by", "decision__consulted_by")
        .prefetch_related(
            Prefetch("marks", Mark.objects.visible_to(reader).select_related("decided_by"), to_attr="found")
        )
        .order_by("place")
    )


def whole(bundle: Bundle, now: datetime) -> list[BundleSpan]:
    """Everything gathered and decided, read by Engage itself: who reads a bundle second or hands it over is shown less."""
    with acting_as(service("service_receiver"), now=now) as engage:
        return spans_of(bundle, engage.staff)


def span_of(bundle: Bundle, span_id: UUID, reader: Staff) -> BundleSpan:
    return next(span for span in spans_of(bundle, reader) if span.pk == span_id)


def undecided(bundle: Bundle, reader: Staff) -> dict[str, int]:
    """What stands between a bundle and its second reader."""
    decisions = SpanDecision.objects.visible_to(reader).filter(span__bundle=bundle)
    included = Q(decision__choice=SpanDecision.Choice.INCLUDE) | Q(decision__choice="")
    counted = (
        BundleSpan.objects.visible_to(reader)
        .filter(bundle=bundle)
        .filter(included)
        .aggregate(marks=Count("marks", filter=Q(marks__choice="")))
    )
    return {
        "spans": decisions.filter(choice="").count(),
        "marks": counted["marks"],
        "owners": decisions.filter(span__ask_owner=True, consulted_at=None)
        .exclude(choice=SpanDecision.Choice.LEAVE_OUT)
        .count(),
    }


@dataclass(frozen=True)
class Leaving:
    """One item as it leaves: None in `parts` where something is burned out."""

    place: int
    what: str
    parts: Sequence[str | None]
    told_by: str
    when: str

    @property
    def text(self) -> str:
        return "".join("[redacted]" if part is None else part for part in self.parts)


def leaving(spans: Sequence[BundleSpan]) -> list[Leaving]:
    """What leaves of these spans, numbered anew: a gap in the numbers would tell what was left out where."""
    included = [span for span in spans if span.decision.choice == SpanDecision.Choice.INCLUDE]
    return [
        Leaving(
            number,
            span.what,
            burned(
                span.said,
                [(mark.start, mark.end) for mark in span.found if mark.choice == Mark.Choice.REDACT],
            ),
            span.told_by,
            span.when,
        )
        for number, span in enumerate(included, start=1)
    ]


def withheld(spans: Sequence[BundleSpan]) -> dict[str, tuple[int, int]]:
    """By reason: how many things were left out, and in how many a part was redacted for it."""
    counted: dict[str, tuple[int, int]] = {}
    for span in spans:
        if span.decision.choice == SpanDecision.Choice.LEAVE_OUT:
            whole, parts = counted.get(span.decision.reason, (0, 0))
            counted[span.decision.reason] = (whole + 1, parts)
            continue
        for reason in {mark.reason for mark in span.found if mark.choice == Mark.Choice.REDACT}:
            whole, parts = counted.get(reason, (0, 0))
            counted[reason] = (whole, parts + 1)
    return dict(sorted(counted.items()))


def pages(items: Sequence[Leaving]) -> list[list[Leaving]]:
    """The first is the cover."""
    return [[], *(list(items[at : at + ITEMS_A_PAGE]) for at in range(0, len(items), ITEMS_A_PAGE))]


def kinds_of_files(bundle: Bundle, reader: Staff) -> set[str]:
    """Those that the reader may take. Not everybody who hands a bundle over may know where the child is."""
    return set(BundleFile.objects.visible_to(reader).filter(bundle=bundle).values_list("kind", flat=True))


def file_of(bundle: Bundle, kind: str, reader: Staff) -> BundleFile:
    """Raises BundleFile.DoesNotExist where the reader may not have it, or it is not made yet."""
    found = (
        BundleFile.objects.visible_to(reader).filter(bundle=bundle, kind=kind).order_by("-made_at").first()
    )
    if found is None:
        raise BundleFile.DoesNotExist
    return found


def possible_preparers() -> list[Staff]:
    """By agency and name: people with a sign-in, in roles that read children's records."""
    people = (
        Staff.objects.select_related("agency")
        .filter(
            kind=Staff.Kind.PERSON,
            status=Staff.Status.ACTIVE,
            user__isnull=False,
            agency__is_active=True,
        )
        .exclude(role__in=WITHOUT_CHILDREN)
    )
    return sorted(people, key=lambda one: (one.agency.name, one.name))
