"""What colleagues laid before this reader: emergency access, second looks, questions, and things shared."""

from __future__ import annotations

from datetime import datetime, timedelta

from engage.govuk.components import Cell, Column, Row, Table
from engage.govuk.london_time import date_words, moment_words
from engage.methods.moments import london_date
from engage.practice.access import reviewing
from engage.practice.access.permissions import may_read_looks
from engage.practice.access.tables_looking import (
    alarm_address,
    alarm_cell,
    alarm_words,
    due_cell,
    look_address,
)
from engage.practice.access.written_once import MOMENT, written_once
from engage.practice.agencies.models import Staff
from engage.practice.breaches.queries import open_for
from engage.practice.breaches.tables import state_cell
from engage.practice.bundles import queries as bundles
from engage.practice.bundles.tables import due_cell as bundle_due_cell
from engage.practice.contact.models import SearchNoticed
from engage.practice.contact.noticing import noticed_for
from engage.practice.people import mixtures
from engage.practice.people import queries as people
from engage.practice.people.actions import few_named
from engage.practice.people.models import MixtureSeen
from engage.practice.retention.permissions import may_keep_schedules
from engage.practice.retention.queries import waiting_for
from engage.practice.sharing import asking, emergency, queries
from engage.practice.sharing.tables import due_words, review_cell
from engage.practice.sister_teams.permissions import may_look_after
from engage.practice.sister_teams.queries import alarms as sister_alarms
from engage.practice.sister_teams.tables import state_cell as volume_cell
from engage.practice.sister_teams.tables import volume_words

MOST_OF_EACH = 5
TOLD_FOR = timedelta(days=7)


# Written down once a process each: of most people most of these find nothing, and all are asked each time.
_asked_about = written_once()(lambda reader: reviewing.looks_asked_about(reader)[:MOST_OF_EACH])
_known_emergencies = written_once(since=MOMENT)(
    lambda reader, since: emergency.to_know_of(reader, since)[:MOST_OF_EACH]
)
_open_bundles = written_once()(lambda reader: bundles.open_requests(reader)[:MOST_OF_EACH])
_asked_of = written_once()(lambda reader: asking.waiting_for(reader)[:MOST_OF_EACH])
_not_yet_opened = written_once(now=MOMENT)(
    lambda reader, now: queries.not_yet_opened(reader, now)[:MOST_OF_EACH]
)


def colleagues_list(reader: Staff, now: datetime) -> Table:
    rows = [
        *_breaches(reader, now),
        *_alarms(reader, now),
        *_volumes(reader),
        *_looks(reader, now),
        *_emergencies(reader, now),
        *_conflicts(reader, now),
        *_protected(reader, now),
        *_sealed(reader, now),
        *_searches(reader, now),
        *_bundles(reader, now),
        *_mixtures(reader),
        *_second_looks(reader),
        *_plans(reader),
        *_questions(reader, now),
        *_shared(reader, now),
    ]
    title = "From colleagues, waiting for you"
    return Table(
        f"{title}: {len(rows)}" if rows else title,
        [Column("What"), Column("By"), Column("Until"), Column("State")],
        rows,
        empty_text="No colleague waits for you.",
        key_rows=True,
    )


def _alarms(reader: Staff, now: datetime) -> list[Row]:
    if not may_read_looks(reader):
        return []
    return [
        Row(
            [
                Cell("An alarm about reading", href=alarm_address(one), secondary=alarm_words(one)),
                Cell(one.looker.name, secondary=one.looker.agency.name),
                moment_words(one.take_by),
                alarm_cell(one, now),
            ],
            anchor=f"alarm-{one.pk}",
        )
        for one in reviewing.alarms_open(reader)[:MOST_OF_EACH]
    ]


def _volumes(reader: Staff) -> list[Row]:
    """Sister teams that ask very much, for every lead."""
    if not may_look_after(reader):
        return []
    return [
        Row(
            [
                Cell(
                    "A sister team asks very much",
                    href=f"/access/sister-teams/{one.pk}/",
                    secondary=volume_words(one),
                ),
                one.sister.name,
                "",
                volume_cell(one),
            ],
            anchor=f"volume-{one.pk}",
        )
        for one in sister_alarms(reader).filter(settled_at=None)[:MOST_OF_EACH]
    ]


def _looks(reader: Staff, now: datetime) -> list[Row]:
    """Those the reader reviews, and their own about which they are asked."""
    asked = [
        Row(
            [
                Cell("You are asked why you looked", href=look_address(one), secondary=moment_words(one.at)),
                one.owner.name if one.owner else "",
                due_cell(one, now),
                Cell("Waits for you", colour="yellow"),
            ],
            anchor=f"asked-{one.pk}",
        )
        for one in _asked_about(reader)
    ]
    if not may_read_looks(reader):
        return asked
    return asked + [
        Row(
            [
                Cell("A look that nothing explains", href=look_address(one), secondary=moment_words(one.at)),
                Cell(one.looker.name, secondary=one.looker.agency.name),
                due_cell(one, now),
                Cell(one.get_state_display(), secondary="Has answered" if one.answered_at else ""),
            ],
            anchor=f"unexplained-{one.pk}",
        )
        for one in reviewing.looks_to_review(reader)[:MOST_OF_EACH]
    ]


def _breaches(reader: Staff, now: datetime) -> list[Row]:
    return [
        Row(
            [
                Cell("Breach", href=f"/breaches/{one.pk}/", secondary=one.agency.name),
                Cell(one.opened_by.name, secondary=one.opened_by.agency.name),
                moment_words(one.due_at),
                state_cell(one, now),
            ],
            anchor=f"breach-{one.pk}",
        )
        for one in open_for(reader)
    ]


def _emergencies(reader: Staff, now: datetime) -> list[Row]:
    return [
        Row(
            [
                Cell("Emergency access", href=f"/emergency/{one.pk}/", secondary=moment_words(one.taken_at)),
                Cell(one.taken_by.name, secondary=one.taken_by.agency.name),
                date_words(one.review_due_on),
                review_cell(one, now),
            ],
            anchor=f"emergency-{one.pk}",
        )
        for one in _known_emergencies(reader, since=now - emergency.KNOWN_FOR)
    ]


def _conflicts(reader: Staff, now: datetime) -> list[Row]:
    if reader.role != "team_manager":
        return []
    return [
        Row(
            [
                Cell("Conflict of interest", href=f"/children/{one.person_id}/conflict/"),
                Cell(one.staff.name, secondary=one.staff.agency.name),
                "",
                Cell("Sees nothing of the child", secondary=moment_words(one.added_at)),
            ],
            anchor=f"conflict-{one.pk}",
        )
        for one in people.conflicts_told_since(now - TOLD_FOR, reader)[:MOST_OF_EACH]
    ]


def _protected(reader: Staff, now: datetime) -> list[Row]:
    """For the lead: addresses that too few may open. For who was named there: of which child."""
    named = [
        Row(
            [
                Cell("You are named for where a child is", href=f"/children/{one.person_id}/"),
                Cell(one.added_by.name, secondary=one.added_by.agency.name),
                "",
                Cell("You may open the address", secondary=moment_words(one.starts_at)),
            ],
            anchor=f"named-{one.person_id}",
        )
        for one in people.named_for_location_since(now - TOLD_FOR, reader)[:MOST_OF_EACH]
    ]
    return named + [
        Row(
            [
                Cell("A protected address with too few named", href="/access/protected/"),
                Cell(one.by.name, secondary=one.by.agency.name),
                "",
                Cell("Name one more", colour="red", secondary=f"{len(one.left)} left"),
            ],
            anchor=f"few-{one.id}",
        )
        for one in few_named(reader, now)[:MOST_OF_EACH]
    ]


def _sealed(reader: Staff, now: datetime) -> list[Row]:
    """What a colleague asks the reader to hold, and of what the reader holds what is to be looked at again."""
    today = london_date(now)
    offered = [
        Row(
            [
                Cell("A sealed item to hold", href=f"/sealed/offers/{one.pk}/"),
                Cell(one.offered_by.name, secondary=one.offered_by.agency.name),
                "",
                Cell("Waits for you", colour="yellow"),
            ],
            anchor=f"sealed-{one.pk}",
        )
        for one in people.offered_sealed(reader)[:MOST_OF_EACH]
    ]
    return offered + [
        Row(
            [
                Cell("Sealed: to look at again", href=f"/sealed/{one.pk}/"),
                one.sealed_by.name,
                date_words(one.review_on),
                Cell("To review", colour="yellow"),
            ],
            anchor=f"sealed-{one.pk}",
        )
        for one in people.sealed_by(reader).filter(review_on__lte=today)[:MOST_OF_EACH]
    ]


def _searches(reader: Staff, now: datetime) -> list[Row]:
    """Told to who holds the record. Who it was their own agency says, if the holder asks."""
    return [
        Row(
            [
                Cell(
                    "A restricted child was searched for",
                    href=f"/children/{one.person_id}/",
                    secondary=moment_words(one.at),
                ),
                Cell("Somebody", secondary=_where(one, reader)),
                "",
                Cell(
                    "You hold the record",
                    secondary=f"Speak to the safeguarding lead of {_where(one, reader)}",
                ),
            ],
            anchor=f"searched-{one.pk}",
        )
        for one in noticed_for(reader, now)[:MOST_OF_EACH]
    ]


def _where(one: SearchNoticed, reader: Staff) -> str:
    return one.agency.name if one.agency.is_named_to(reader) else "a health service, by way of your own lead"


def _bundles(reader: Staff, now: datetime) -> list[Row]:
    """Requests to see what is held, until they are answered: for owner, lead, manager, preparer and second reader."""
    today = london_date(now)
    return [
        Row(
            [
                Cell(
                    "A bundle to read as the second person"
                    if one.reader_id == reader.pk
                    else "A bundle to prepare"
                    if one.preparer_id == reader.pk
                    else "A request to see what is held",
                    href=f"/bundles/{one.pk}/",
                    secondary=one.get_kind_display(),
                ),
                Cell(one.owner.name, secondary=one.agency.name),
                bundle_due_cell(one, today),
                Cell("Nobody prepares it", colour="yellow") if one.preparer is None else one.preparer.name,
            ],
            anchor=f"bundle-request-{one.pk}",
        )
        for one in _open_bundles(reader)
    ]


MIXTURE_WORDS: dict[str, str] = {
    MixtureSeen.How.LOOKED: "You opened them so",
    MixtureSeen.How.RECEIVED: "You were sent something",
    MixtureSeen.How.SENT: "You let something leave",
}


def _mixtures(reader: Staff) -> list[Row]:
    return [
        Row(
            [
                Cell("Two people stood as one", href=f"/mixtures/{one.mixture_id}/"),
                "",
                "",
                Cell(MIXTURE_WORDS[one.how], colour="yellow", secondary=moment_words(one.last_at)),
            ],
            anchor=f"mixture-{one.pk}",
        )
        for one in mixtures.to_check(reader)[:MOST_OF_EACH]
    ]


def _second_looks(reader: Staff) -> list[Row]:
    return [
        Row(
            [
                Cell("To approve as the second person", href=f"/sharing/{one.pk}/"),
                Cell(one.sent_by.name, secondary=one.agency.name),
                "",
                Cell("Waits for you", colour="yellow"),
            ],
            anchor=f"second-{one.pk}",
        )
        for one in queries.waiting_for_second(reader)[:MOST_OF_EACH]
    ]


def _plans(reader: Staff) -> list[Row]:
    if not may_keep_schedules(reader):
        return []
    return [
        Row(
            [
                Cell("Plan to destroy records, to approve", href=f"/access/retention/plans/{one.pk}/"),
                Cell(one.planned_by.name, secondary=one.agency.name),
                "",
                Cell("Waits for two", colour="yellow", secondary=f"{one.to_destroy} records"),
            ],
            anchor=f"plan-{one.pk}",
        )
        for one in waiting_for(reader)[:MOST_OF_EACH]
    ]


def _questions(reader: Staff, now: datetime) -> list[Row]:
    today = london_date(now)
    return [
        Row(
            [
                Cell(what, href=f"/sharing/requests/{one.pk}/"),
                Cell(one.asked_by.name, secondary=one.asked_by.agency.name),
                due_words(one, today),
                one.get_state_display(),
            ],
            anchor=f"request-{one.pk}",
        )
        for what, found in (
            ("A question for you", _asked_of(reader)),
            ("A question laid before you", asking.escalated_to(reader)),
        )
        for one in found[:MOST_OF_EACH]
    ]


def _shared(reader: Staff, now: datetime) -> list[Row]:
    return [
        Row(
            [
                Cell("Shared with you", href=f"/sharing/{one.pk}/"),
                Cell(one.sent_by.name, secondary=one.agency.name),
                moment_words(one.expires_at),
                Cell("Not opened yet", colour="blue"),
            ],
            anchor=f"shared-{one.pk}",
        )
        for one in _not_yet_opened(reader, now=now)
    ]
