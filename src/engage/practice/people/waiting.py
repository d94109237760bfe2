"""Which pairs are put before somebody, in which order, and what is open for the children they touch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from engage.practice.access.written_once import MOMENT, written_once
from engage.practice.agencies.models import Staff

from . import queries
from .models import Opinion, Pair
from .queries import count_words, pairs_to_decide, pairs_to_repeat, pairs_touching_nothing_open

# So many of the likeliest are put in the order of what is due: a backlog costs no more than that.
PUT_IN_ORDER = 120
OF_A_PAIR = ("pk", "weight_bits", "record_a__person_id", "record_b__person_id")


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """Something open for a child, in words, as far as one reader may know of it."""

    person_id: UUID
    say: Callable[[], str]  # put into words for the few that are shown
    at_once: bool  # missing now, or in danger: before every clock
    at: datetime | None  # when it is due; of what is due at once, since when

    @property
    def words(self) -> str:
        return self.say()

    def how_near(self, now: datetime) -> tuple[int, timedelta]:
        """At once, the longest first; then the clock nearest to now, on either side; then what has none."""
        if self.at_once:
            return 0, (self.at or now) - now
        return (1, abs(self.at - now)) if self.at else (2, timedelta(0))


# Later apps add theirs in AppConfig.ready: of these persons, what is open. Who adds one to `queries.open_business`
# says here what it is.
what_is_open: list[Callable[[Collection[UUID], Staff, datetime], Iterable[OpenMatter]]] = []


@dataclass(frozen=True, slots=True)
class AskedPair:
    pk: UUID
    matters: tuple[OpenMatter, ...]  # nearest first

    @property
    def words(self) -> str:
        """Of the nearest alone: the page of the pair says the rest."""
        return self.matters[0].words if self.matters else ""


def open_matters(person_ids: Collection[UUID], reader: Staff, now: datetime) -> dict[UUID, list[OpenMatter]]:
    """By person, what is due first first."""
    found: dict[UUID, list[OpenMatter]] = defaultdict(list)
    for tell in what_is_open if person_ids else ():
        for matter in tell(person_ids, reader, now):
            found[matter.person_id].append(matter)
    return {
        person_id: sorted(matters, key=lambda one: one.how_near(now)) for person_id, matters in found.items()
    }


def pairs_in_order(reader: Staff, now: datetime) -> list[AskedPair]:
    """The likeliest pairs that touch a child with something open: what is due first, then the likeliest, first.

    Repeats stand among them, and nothing tells them from the others.
    """
    business, since = tuple(queries.open_business), repeated_before(now)
    rows = [
        *_rows_to_decide(reader, business=business),
        *_rows_to_repeat(reader, since=since, business=business),
    ]
    rows = sorted(rows, key=lambda row: (-row[1], row[0]))[:PUT_IN_ORDER]
    matters = open_matters({person for *_, a, b in rows for person in (a, b) if person}, reader, now)
    asked = [
        AskedPair(
            pk,
            tuple(
                sorted(
                    (one for person in {a, b} for one in matters.get(person, ())),
                    key=lambda one: (one.how_near(now), str(one.person_id)),
                )
            ),
        )
        for pk, _, a, b in rows
    ]
    nothing_told = (3, timedelta(0))
    # Stable: among equals the likeliest stays first.
    return sorted(asked, key=lambda one: one.matters[0].how_near(now) if one.matters else nothing_told)


@written_once()
def _rows_to_decide(reader: Staff, business: tuple) -> QuerySet:
    """`business`: of what is open, which later apps add to; a statement for each."""
    return pairs_to_decide(reader).values_list(*OF_A_PAIR)[:PUT_IN_ORDER]


@written_once(since=MOMENT)
def _rows_to_repeat(reader: Staff, since: datetime, business: tuple) -> QuerySet:
    return pairs_to_repeat(reader, since).values_list(*OF_A_PAIR)[:PUT_IN_ORDER]


def repeated_before(now: datetime) -> datetime:
    """A pair that somebody decided since then does not come back to them."""
    return now - timedelta(days=settings.PAIRS_REPEATED_AFTER_DAYS)


def looks_undecided(pair: Pair, reader: Staff, now: datetime) -> bool:
    """Whether it is put before this reader as a repeat."""
    return pairs_to_repeat(reader, repeated_before(now)).filter(pk=pair.pk).exists()


def following(pair: Pair, reader: Staff, now: datetime) -> UUID | None:
    """The pair after this one in the order of the list, or the first again."""
    order = [one.pk for one in pairs_in_order(reader, now)]
    place = order.index(pair.pk) if pair.pk in order else -1
    return next((pk for pk in order[place + 1 :] + order[: max(place, 0)] if pk != pair.pk), None)


def not_asked_words(reader: Staff) -> str:
    """How many pairs wait without being asked about, counted up to a hundred."""
    return count_words(pairs_touching_nothing_open(reader))


def first_opinion(pair: Pair, reader: Staff) -> Opinion:
    """Of the two opinions that are being asked for. Not to be shown to whoever is asked for the second."""
    return Opinion.objects.visible_to(reader).filter(pair=pair, kind=Opinion.Kind.FIRST).latest("at")


def opinions_shown(pair: Pair, reader: Staff) -> list[Opinion]:
    """What was said on this pair without moving anybody: nothing while a second opinion is awaited, of a repeat
    nothing before it was answered."""
    if pair.once_more != Pair.OnceMore.DISAGREE:
        return []
    said = (
        Opinion.objects.visible_to(reader)
        .filter(pair=pair)
        .select_related("by__agency")
        .order_by("-at", "-kind")
    )
    last_two = list(said[:2])
    return last_two[:1] if last_two and last_two[0].kind == Opinion.Kind.REPEAT else last_two[::-1]
