"""How children of the demo are safely reached: one on a number at some hours, one whose address is unsafe, one protected."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from engage.practice.access.gate import acting_as
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff
from engage.practice.contact.actions import NotToInput, WayInput, add_way, keep_away, mark_unsafe
from engage.practice.contact.outgoing import log_call, prepare_letter, write_letter
from engage.practice.contact.signposting import set_signpost
from engage.practice.people.actions import protect_location
from engage.practice.people.models import Record
from engage.practice.people.queries import shown_identity

SUBJECT, TEXT = "Your appointment", "Thank you for coming last week. See you on Friday at four, as we said."


def safe_contact(staff: dict[str, Staff], *, now: datetime) -> None:
    """With three of the children whom the social worker leads for."""
    worker = staff["ewan"]
    with acting_as(worker, now=now) as context:
        children = [one for one in sorted(context.people) if one not in restricted_people()][:3]
        for child, record in zip(children, (_at_some_hours, _unsafe_at_home), strict=False):
            name = shown_identity([child], worker)[child].name.partition(" (")[0]
            record(child, name, worker, now)
    if len(children) == 3:
        _protected(children[2], staff["grace"], worker, now)
    with acting_as(staff["lena"], now=now):
        set_signpost("C08", telephone="Duty desk, 01632 960102", by=staff["lena"], now=now)


def _at_some_hours(child: UUID, name: str, by: Staff, now: datetime) -> None:
    number = WayInput(
        "phone", "07700 900611", "child", name, safe_days=range(5), safe_from=time(15, 30), safe_until=time(18),
        announce="Say you ring from the dentist",
    )  # fmt: skip
    told = "Told me last week, alone"
    ring = add_way(child, number, confirmed=True, why=told, by=by, now=now - timedelta(days=6))
    home = WayInput("address", "14 Invented Row, Blackburn BB1 0ZZ", "carer", f"The parents of {name}")
    write = add_way(
        child,
        home,
        confirmed=True,
        why="An aunt opens the post and is trusted",
        by=by,
        now=now - timedelta(days=6),
    )
    seen = prepare_letter(child, write.about_id, subject=SUBJECT, text=TEXT, by=by, now=now).fingerprint
    write_letter(child, write.about_id, subject=SUBJECT, text=TEXT, seen=seen, because={}, by=by, now=now)
    log_call(
        child, ring.about_id, outcome="no_answer", text="", in_spite="Missing since yesterday", by=by, now=now
    )


def _unsafe_at_home(child: UUID, name: str, by: Staff, now: datetime) -> None:
    home = WayInput(
        "address", "3 Invented Close, Accrington BB5 0ZZ", "child", name, others_there="Mark Stone"
    )
    written = add_way(child, home, confirmed=True, why="From the school", by=by, now=now - timedelta(days=30))
    mark_unsafe(child, written.about_id, why="He has a key and reads the post", by=by, now=now)
    keep_away(
        child,
        NotToInput(
            "Mark Stone",
            "He must not learn where the child is: court order of this summer",
            relation="mother’s former partner",
            aliases=["Stoney"],
        ),
        by=by,
        now=now,
    )


def _protected(child: UUID, manager: Staff, worker: Staff, now: datetime) -> None:
    with acting_as(manager, now=now):
        if Record.objects.visible_to(manager).filter(person_id=child).exists():
            reason = "Moved after threats; the address must not become known."
            protect_location(person_id=child, reason=reason, named=[worker], by=manager, now=now)
