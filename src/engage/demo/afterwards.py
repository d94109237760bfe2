"""What the team has already done by the morning of the demo, and what no file tells: who leads, who is barred, and what an officer
recorded this morning; what people outside wrote to the team; and a change of what agencies share that waits for approval."""

from __future__ import annotations

import csv
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import Q

from engage.desk.facts import told_of
from engage.methods.moments import london_date
from engage.practice.access import audit
from engage.practice.access.actions import Terms, approve, propose
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import Barred, CircleMember, Restriction
from engage.practice.access.reach import restricted_people
from engage.practice.access.reviewing import looks_to_review
from engage.practice.agencies.models import Agency, Staff
from engage.practice.breaches.actions import open_breach, take_step
from engage.practice.contact.leaving import Words as Said
from engage.practice.contact.leaving import looked_at as found_in
from engage.practice.front_door.actions import open_letter
from engage.practice.missing.actions import regrade
from engage.practice.missing.models import MissingReport
from engage.practice.missing.queries import missing_now
from engage.practice.people.actions import hand_over, judge_pair, restrict, seal, undo
from engage.practice.people.models import Pair, Record
from engage.practice.people.queries import records_of, references_shown
from engage.practice.publication.actions import Written, post_letter
from engage.practice.receiving.actions import receive_file, receiver
from engage.practice.retention.actions import adopt, ask_to_end, keeper, make_plan, place_hold
from engage.practice.retention.actions import approve as approve_plan
from engage.practice.screening.actions import state_purpose
from engage.practice.sharing.actions import Words, decide_not_to_share, prepare, receive, reply, share
from engage.practice.sharing.asking import ask
from engage.practice.sharing.emergency import take
from engage.practice.sharing.offer import Shareable, may_leave, offered
from engage.practice.sharing.queries import basis_suggested
from engage.reference import retention_proposals

from .safe_contact import safe_contact
from .world import World

# Twelve years ago a council sent its list: they are grown up, and its period for them has passed.
RECEIVED_LONG_AGO = timedelta(days=12 * 365)
LIST_OF_LONG_AGO = """\
person_id,surname,forenames,dob,status,school,address_from,district
BD000101,Hargreaves,Noel,04/03/2000,in need,Invented High School,01/09/2012,Hyndburn
BD000102,Thistlethwaite,Ivy,17/11/1999,in need,Invented High School,15/02/2013,Blackburn with Darwen
BD000103,Entwhistle,Rowan,23/06/2001,in need,Sample Academy,03/05/2011,Blackburn with Darwen
BD000104,Bickerstaffe,Una,30/01/2000,early help,Sample Academy,20/10/2013,Ribble Valley
"""
LEADS = ("ewan", "carys", "dina", "amir")
CHILDREN_EACH = 6
# How many hours before the demo begins, and what was written.
LETTERS = [
    (
        50,
        Written(
            "parent",
            "My daughter is 14. She has a second phone and says a friend gave it to her. She was out until two on"
            " Saturday and will not say where. I do not know whom to ask.",
            place="Accrington",
            safe_contact="07700 900417, weekdays before three",
            safe_to_contact=True,
            immediate_danger=False,
        ),
    ),
    (
        20,
        Written(
            "public",
            "Outside the takeaway by the bus station the same car stops most evenings, and girls in school uniform get"
            " in. I do not want to give my name.",
            place="Blackburn, bus station",
        ),
    ),
    (
        2,
        Written(
            "child",
            "It is about my friend. She said she was going to meet somebody she knows from a game and now she does not"
            " answer. Please do not ring my house.",
            safe_contact="text 07700 900452 after school",
            safe_to_contact=False,
            immediate_danger=True,
        ),
    ),
]


def settle_in(world: World, folder: Path, *, now: datetime) -> None:
    """A few children have lead workers; one family is restricted because the officer is a relative, and he graded another child anew."""
    service = receiver()
    staff = {person.code: person for person in Staff.objects.select_related("agency", "team")}
    with acting_as(service, now=now):
        _allocate(staff, service, now)
    _protect_family(world, folder, staff, service, now)
    _grade_anew(staff["amir"], now)
    _share(staff, now)
    _seal(staff, now)
    safe_contact(staff, now=now)


def letters_come(*, now: datetime) -> None:
    """Posted as the public role would; the oldest was opened by who was on the line."""
    if "public" not in connections:
        return  # no address was given for the public role: then no letter can come
    posted = [
        post_letter(written, connections["public"], now=now - timedelta(hours=hours))
        for hours, written in LETTERS
    ]
    answering = Staff.objects.select_related("agency", "team").get(code="hal")
    opened_at = now - timedelta(hours=LETTERS[0][0] - 1)
    with acting_as(answering, now=opened_at):
        open_letter(posted[0], by=answering, now=opened_at)


def change_proposed(*, now: datetime) -> None:
    """The administrator entered an agreement yesterday, and one lead has approved it."""
    staff = {person.code: person for person in Staff.objects.select_related("agency", "team")}
    partners = list(Agency.objects.filter(code__in=["LANCS-POL", "BWD-CSC", "LCC-CSC"]))
    terms = Terms(
        code="REQUESTS-2026",
        title="Agreement on answering requests about children 2026",
        owners=partners,
        recipients=partners,
        categories=["C01", "C03", "C06", "C07"],
        purposes=["answer_a_request"],
        lawful_basis="Public task, UK GDPR Art 6(1)(e); Children Act 2004 s11",
        starts_at=now + timedelta(days=14),
        ends_at=now + timedelta(days=379),
        signed_by="The partners' directors",
    )
    proposed_at, approved_at = now - timedelta(days=1), now - timedelta(hours=17)
    with acting_as(staff["max"], now=proposed_at):
        reason = "A request about a child that one partner answers is checked against what the others hold."
        proposal = propose(terms, reason=reason, by=staff["max"], now=proposed_at)
    with acting_as(staff["lena"], now=approved_at):
        approve(proposal.pk, seen=proposal.effect_digest, by=staff["lena"], now=approved_at)


def looked_at(*, now: datetime) -> None:
    """Several people looked at one child, for reasons; one looked at another child and said none; and one evening somebody opened
    very many children, about which nobody has done anything yet."""
    staff = {person.code: person for person in Staff.objects.select_related("agency", "team")}
    with acting_as(staff["ewan"], now=now) as context:
        hidden = restricted_people()
        led = [person for person in sorted(context.people) if person not in hidden]
    looks = [
        (staff[code], now - timedelta(hours=hours), purpose)
        for code, hours, purpose in (
            ("ewan", 30, ""),
            ("amir", 28, "prevent_or_detect_crime"),
            ("grace", 26, "plan_and_supervise"),
            ("farah", 25, "protect_this_child"),
            ("ewan", 12, ""),
        )
    ]
    for person in led:  # of some, not all of them know that they are there
        if all(_known(person, by, at) for by, at, _ in looks):
            for by, at, purpose in looks:
                _look(person, by, at, purpose)
            break
    else:
        return
    _look_without_a_reason(staff["farah"], staff["olga"], hidden | set(led), now)
    _read_very_many(staff["hal"], hidden, now - timedelta(hours=14))
    _joined_by_mistake(staff, hidden | set(led), now)


def _known(person: UUID, by: Staff, at: datetime) -> bool:
    with acting_as(by, now=at):
        records = Record.objects.visible_to(by).filter(person_id=person, bridges=True, withdrawn=False)
        return records.exists()


def _look_without_a_reason(by: Staff, lead: Staff, not_these: set[UUID], now: datetime) -> None:
    """Most looks have one, such as a first look that waits: the first child that has none."""
    with acting_as(by, now=now):
        missing = {one.person_id for one in missing_now(by, now)}
        records = Record.objects.visible_to(by).filter(bridges=True, withdrawn=False)
        seen = set(records.order_by("received_no").values_list("person_id", flat=True)[:200])
    for people in (missing, seen - missing):
        for person in sorted(people - not_these - {None})[:60]:
            _look(person, by, now - timedelta(hours=20))
            with acting_as(lead, now=now):
                if looks_to_review(lead).exists():
                    return


def _joined_by_mistake(staff: dict[str, Staff], not_these: set[UUID], now: datetime) -> None:
    """The manager took two records for one child, a colleague opened that child, and the manager took it back."""
    grace, joined_at, back_at = staff["grace"], now - timedelta(hours=9), now - timedelta(hours=7)
    with acting_as(grace, now=joined_at):
        of_others = Q(record_a__person_id__in=not_these) | Q(record_b__person_id__in=not_these)
        waiting = Pair.objects.visible_to(grace).filter(state=Pair.State.OPEN).exclude(of_others)
        for pair in waiting.order_by("weight_bits", "id")[:20]:
            said = judge_pair(
                pair_id=pair.pk, verdict="same", reason="One name and one street.", by=grace, now=joined_at
            )
            if said.one_person:
                break
        else:
            return
        person = Record.objects.visible_to(grace).get(pk=pair.record_a_id).person_id
    _look(person, staff["ewan"], now - timedelta(hours=8), "protect_this_child")
    with acting_as(grace, now=back_at):
        undo(judgement_id=said.judgement.pk, reason="Cousins; the school knows both.", by=grace, now=back_at)


def _look(person: UUID, by: Staff, at: datetime, purpose: str = "") -> None:
    """As the door of the child's page does it."""
    if purpose:
        with acting_as(by, now=at), suppress(NotPermitted):
            state_purpose(person, purpose=purpose, by=by, now=at)
    at += timedelta(minutes=1)
    with acting_as(by, now=at, purpose=purpose or None) as context:
        context.page, context.about = "child", person
        told_of(person, by)
        audit.record_look("child")


def _read_very_many(by: Staff, hidden: set[UUID], at: datetime) -> None:
    with acting_as(by, now=at):
        records = Record.objects.visible_to(by).filter(bridges=True, withdrawn=False)
        found = sorted(set(records.values_list("person_id", flat=True)) - hidden - {None})
    for person in found[: settings.OPENED_ALARM + 4]:
        _look(person, by, at, "protect_this_child")


def list_of_long_ago(folder: Path, *, now: datetime) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "people-of-long-ago.csv"
    path.write_text(LIST_OF_LONG_AGO, encoding="utf-8")
    receive_file(
        path, format_code="social-care-people", agency=Agency.objects.get(code="BWD-CSC"), by=receiver(),
        now=now - RECEIVED_LONG_AGO, file_name=path.name,
    )  # fmt: skip


def kept_and_destroyed(*, now: datetime) -> None:
    """A council adopted two periods, a complaint holds one child, and a plan waits for the lead's approval."""
    staff = {person.code: person for person in Staff.objects.select_related("agency", "team")}
    lena, grace, council = staff["lena"], staff["grace"], staff["lena"].agency
    adopted_at, planned_at = now - timedelta(days=30), now - timedelta(days=2)
    with acting_as(lena, now=adopted_at):
        for code in ("in-need-21-years", "statutory-return-75-years"):
            proposal = retention_proposals()[code]
            adopt(
                council, register=proposal.register, kind=proposal.kind, years=proposal.years,
                counted_from=proposal.counted_from, legal_basis="The council's invented retention policy, 2024",
                verification=proposal.verification, by=lena, now=adopted_at,
            )  # fmt: skip
        hold = place_hold(
            council, scope="child", reference="BD000104", kind="complaint", notice_reference="C-26/118",
            reason="The family complained about a meeting in September.", by=lena, now=adopted_at,
        )  # fmt: skip
    with acting_as(keeper(), now=planned_at):
        plan = make_plan(council, by=keeper(), now=planned_at)
    with acting_as(grace, now=planned_at):
        ask_to_end(hold.pk, because="The complaint was answered.", by=grace, now=planned_at)
        approve_plan(plan.pk, seen=plan.digest, by=grace, now=planned_at)


def something_went_astray(*, now: datetime) -> None:
    """Yesterday a worker noticed that a printout was left behind; the lead has contained it."""
    staff = {person.code: person for person in Staff.objects.select_related("agency", "team")}
    noticed_at = now - timedelta(hours=20)
    with acting_as(staff["ewan"], now=noticed_at):
        breach = open_breach(
            what="A printed list for a meeting was left in a room that a school hires out.", noticed_at=noticed_at,
            by=staff["ewan"], now=noticed_at,
        )  # fmt: skip
    with acting_as(staff["lena"], now=noticed_at + timedelta(hours=1)):
        take_step(
            breach.pk, kind="contained", words="Fetched back; the caretaker had locked it away unread.",
            by=staff["lena"], now=noticed_at + timedelta(hours=1),
        )  # fmt: skip


def _grade_anew(officer: Staff, now: datetime) -> None:
    """Of one child who is missing something was learnt this morning: an entry made at a desk, which can be taken back."""
    with acting_as(officer, now=now):
        lower = (one for one in missing_now(officer, now) if one.grade in ("low", "medium"))
        if child := next(lower, None):
            regrade(
                child.id, grade="high", reason="Seen with an adult whom nobody knows.", by=officer, now=now
            )


def _seal(staff: dict[str, Staff], now: datetime) -> None:
    """What a mother told one social worker alone; and what an officer asks his colleague to hold for him."""
    for code, text, to in (
        ("ewan", "The mother will leave the home on Friday, and says so to nobody else until then.", ""),
        ("amir", "A relative of the child speaks to the police, and would be known by it.", "beth"),
    ):
        holder = staff[code]
        with acting_as(holder, now=now) as context:
            child = next(iter(sorted(set(context.people) - restricted_people())), None)
            if child is None:
                continue
            item = seal(
                person_id=child,
                text=text,
                reason="Known to anybody else it would come to the ears of whom it is to be kept from.",
                holder=holder,
                review_on=london_date(now) + timedelta(days=7),
                by=holder,
                now=now,
            )
            if to:
                hand_over(item_id=item.pk, to=staff[to], by=holder, now=now)


def _share(staff: dict[str, Staff], now: datetime) -> None:
    """Over the boundary with the sister team: one thing read and answered, one that waits for the manager, one not shared."""
    ewan, nia = staff["ewan"], staff["nia"]
    with acting_as(ewan, now=now) as context:
        child = next((person for person in sorted(context.people) if person not in restricted_people()), None)
        if child is None:
            return
        words = Words(
            "protect_this_child",
            basis_suggested(ewan),
            "The child goes missing into the sister team’s district.",
            "yes",
            "Both were told on the telephone and agreed.",
        )
        by_category: dict[str, Shareable] = {}
        for item in offered(child, ewan):
            if found_in(child, [Said(item.what, item.said)], nia, ewan, now):
                continue  # it names somebody else
            if item.category == "C01" or not may_leave(item, nia).second_because:
                by_category.setdefault(item.category, item)
        shared = []
        for categories in (("C03", "C06", "C07"), ("C01",)):
            keys = [by_category[one].key for one in categories if one in by_category]
            if keys:
                seen = prepare(child, keys, nia, ewan).seen
                shared.append(share(child, keys, nia, words, seen=seen, by=ewan, now=now))
        decide_not_to_share(
            child,
            staff["iris"],
            purpose="protect_this_child",
            reason="The school knows what it needs; more would single the child out there.",
            by=ewan,
            now=now,
        )
        ask(
            child,
            staff["iris"],
            question="Has the child been at school this week, and who picks the child up?",
            purpose="protect_this_child",
            by=ewan,
            now=now,
        )
        reference = next(iter(references_shown(records_of(child, ewan), ewan).values()), "")
    _emergency(reference, staff["jun"], now)
    for one in shared:
        if one.sent_at:
            with acting_as(nia, now=now):
                receive(one, by=nia, now=now)
                reply(
                    one.pk, words="Thank you. Our outreach worker looks out for the child.", by=nia, now=now
                )


def _emergency(reference: str, doctor: Staff, now: datetime) -> None:
    """The hospital opened one child's record in the night; the manager has not reviewed it yet."""
    with acting_as(doctor, now=now), suppress(NotPermitted):
        take(
            reference,
            reason="Brought in unconscious; nobody of the team could be reached.",
            by=doctor,
            now=now,
        )


def _allocate(staff: dict[str, Staff], service: Staff, now: datetime) -> None:
    reports = (
        MissingReport.objects.visible_to(service)
        .filter(current=True, starts_at__lt=now - timedelta(days=20))
        .order_by("person_id", "starts_at")
        .distinct("person_id")
        .values_list("person_id", "record_id", "area")
    )
    people = iter(sorted(reports)[:: max(1, len(reports) // (len(LEADS) * CHILDREN_EACH * 3))])
    members = []
    for code in LEADS:
        team = staff[code].team
        bits = team.district_bits if team else 0
        taken = 0
        for person, record, area in people:
            if not area & bits:
                continue
            members.append(
                CircleMember(
                    record_id=record,
                    person_id=person,
                    staff=staff[code],
                    kind=CircleMember.Kind.LEAD,
                    reason="Allocated before the demo begins",
                    starts_at=now - timedelta(days=14),
                    added_by=staff["grace"],
                )
            )
            taken += 1
            if taken == CHILDREN_EACH:
                break
    CircleMember.objects.bulk_create(members)


def _protect_family(
    world: World, folder: Path, staff: dict[str, Staff], service: Staff, now: datetime
) -> None:
    """Children of the officer's own family: he sees nothing of them, and those alone who are named see them."""
    with acting_as(service, now=now):
        people = _people_of(
            {child.child_id for child in world.edge_cases.get("restricted_record", [])}, folder, service
        )
        Barred.objects.bulk_create(
            Barred(record_id=record, person_id=person, staff=staff["amir"], added_at=now, added_by=service)
            for person, record in people.items()
        )
    manager = staff["grace"]
    with acting_as(manager, now=now):
        seen = Record.objects.visible_to(manager).filter(person_id__in=list(people))
        for person in sorted(set(seen.values_list("person_id", flat=True))):
            restrict(
                person_id=person,
                kind=Restriction.Kind.COLLEAGUE,
                reason="An officer of the team is a relative of this family.",
                named=[staff["ewan"], staff["beth"]],
                by=manager,
                now=now,
            )


def _people_of(children: set[str], folder: Path, service: Staff) -> dict[UUID, UUID]:
    """Persons as known now, each with one of its records, that agencies made of these children of the invented world."""
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as handle:
        references = [
            (row["agency"], row["reference"]) for row in csv.DictReader(handle) if row["child_id"] in children
        ]
    people: dict[UUID, UUID] = {}
    for agency, reference in references:
        for record, person in (
            Record.objects.visible_to(service)
            .filter(agency__code=agency, reference=reference)
            .values_list("pk", "person_id")
        ):
            people.setdefault(person, record)
    return people
