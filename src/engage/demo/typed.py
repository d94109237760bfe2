"""What the check types into each form, so that a deed is tried and not merely its form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from engage.govuk.london_time import in_london
from engage.methods.ledger import PublicKey
from engage.methods.private_query import oprf
from engage.methods.private_query.asking import Question
from engage.methods.private_query.patterns import VERSION
from engage.practice.access.effect import effect_of
from engage.practice.access.gate import acting, acting_as
from engage.practice.access.models import AgreementProposal
from engage.practice.agencies.models import Staff
from engage.practice.bundles.queries import open_requests, possible_preparers
from engage.practice.contact.leaving import BECAUSE
from engage.practice.contact.models import WayOfContact
from engage.practice.contact.outgoing import prepare_letter
from engage.practice.contact.queries import Way, contact_of
from engage.practice.people.family import family_of
from engage.practice.people.models import Record
from engage.practice.people.permissions import categories_of_notes
from engage.practice.people.queries import colleagues_who_may_hold, records_of
from engage.practice.receiving.actions import receiver
from engage.practice.receiving.feeds import formats_sent_by
from engage.practice.retention.models import Plan
from engage.practice.screening.models import FirstLook
from engage.practice.sharing.actions import prepare
from engage.practice.sharing.offer import may_leave, offered
from engage.practice.sharing.permissions import may_share
from engage.practice.sister_teams.models import HoldingKey, SisterTeam
from engage.practice.sister_teams.queries import sisters

REASON = "Tried by the check."
FILE = b"report_ref,surname,dob,reported_at\nCHECK/1,Invented,01/02/2011,01/10/2026 10:00\n"

TAKE = "first-looks/<uuid:person_id>/take/"
SHARE = "children/<uuid:person_id>/share/"
RESTRICT = "children/<uuid:person_id>/restriction/"
CONTACT = "children/<uuid:person_id>/contact/"
PREVIEW = "files/hand-in/<uuid:upload_id>/"
# What must be done before a route answers with anything: the same person, the same id, just before.
BEFORE = {
    "first-looks/<uuid:person_id>/": TAKE,
    "first-looks/<uuid:person_id>/hand-back/": TAKE,
    "files/hand-in/<uuid:upload_id>/progress/": PREVIEW,
    RESTRICT + "lift/": RESTRICT,
    CONTACT + "location/lift/": CONTACT + "location/",
}
# Deeds that answer with a page of what they found, and not by leading on to another page.
FINDING = {
    "search/",
    "invitation/",
    "access/what-may/",
    "access/who-may/",
    "access/signed-in/stay/",
    SHARE + "preview/",
    "api/sister/question",
}

Body = dict | bytes


def bodies(pattern: str, by: Staff, now: datetime) -> list[Body]:
    """Filled-in forms for a route, as `by` might send them; none where nothing can be sent."""
    form = FORMS.get(pattern)
    return form(by, now) if form else []


def _moment(name: str, at: datetime) -> dict[str, str]:
    local = in_london(at)
    day = {f"{name}_day": local.day, f"{name}_month": local.month, f"{name}_year": local.year}
    return {**{field: str(number) for field, number in day.items()}, f"{name}_time": f"{local:%H:%M}"}


def _just_now(name: str, now: datetime) -> dict[str, str]:
    return _moment(name, now - timedelta(minutes=1))


def _day(name: str, now: datetime, days: int) -> dict[str, str]:
    on = in_london(now).date() + timedelta(days=days)
    return {f"{name}_day": str(on.day), f"{name}_month": str(on.month), f"{name}_year": str(on.year)}


def _hand_in(by: Staff, now: datetime) -> list[Body]:
    formats = formats_sent_by(by.agency)
    return [{"format": one.code, "file": SimpleUploadedFile("check.csv", FILE)} for one in formats[:1]]


def question_of(sister: SisterTeam, number: int, points: int) -> bytes:
    """A question as `sister` would send it, about nobody; two of its people ask in turns."""
    return Question(
        id=uuid4().hex,
        asker=PublicKey.read(sister.filter_key).name,
        asked_by=f"pseudonym-{number % 2 + 1}",
        purpose="protect_this_child",
        case=f"FR-2026/{number + 1:04d}",
        key_version=HoldingKey.objects.get(ended_at=None).version,
        patterns=VERSION,
        points=tuple(oprf.blind(bytes([one])).element for one in range(points)),
    ).text()


def _share(by: Staff, now: datetime) -> list[Body]:
    """What somebody would tell the sister team of the first child who waits for a look."""
    told = Staff.objects.filter(role="sister_team").exclude(pk=by.pk).select_related("agency").first()
    with acting_as(by, now=now):
        looks = FirstLook.objects.visible_to(by).filter(state=FirstLook.State.OPEN)
        # The same child whom the check opens first (at_hand.visible_ids).
        child = next(iter(looks.values_list("person_id", flat=True)[:1]), None)
        if told is None or child is None or not may_share(by):
            return []
        keys = [item.key for item in offered(child, by) if may_leave(item, told).allowed][:3]
        try:
            prepared = prepare(child, keys, told, by)
        except Record.DoesNotExist:  # a look is seen, and who the child is is not
            return []
    return [
        {
            "items": keys,
            "recipient": str(told.pk),
            "purpose": "protect_this_child",
            "lawful_basis": REASON,
            "reason": REASON,
            "told_family": "no",
            "told_words": REASON,
            "seen": prepared.seen,
            **{f"{BECAUSE}{one.key}": REASON for one in prepared.findings},
        }
    ]


def _emergency(by: Staff, now: datetime) -> list[Body]:
    """The reference of a missing report, as somebody at a bedside might read it from a letter; and one that nobody has."""
    service = receiver()
    with acting_as(service, now=now):
        reports = Record.objects.visible_to(service).filter(
            register="police-missing", bridges=True, withdrawn=False
        )
        known = list(reports.order_by("received_no").values_list("reference", flat=True)[:3])
    return [{"number": number, "reason": REASON} for number in (*known, "LC-0000-000000")]


def _reference(by: Staff, now: datetime) -> list[Body]:
    """A lead types what a child's parent read out of a letter."""
    return [{"reference": body["number"]} for body in _emergency(by, now) if isinstance(body, dict)]


def _ask(by: Staff, now: datetime) -> list[Body]:
    asked = Staff.objects.filter(role="school_lead").exclude(pk=by.pk).first()
    return [{"owner": str(asked.pk), "purpose": "protect_this_child", "question": REASON}] if asked else []


def _assign(by: Staff, now: datetime) -> list[Body]:
    return [
        {"deed": "assign", "preparer": str(possible_preparers()[0].pk)},
        {"deed": "identity", "identity_words": REASON, **_day("checked_on", now, 0)},
        {"deed": "hold", "hold_kind": "legal", "hold_reason": REASON, **_day("hold_from", now, 0)},
        {"deed": "extend", "extend_because": REASON, **_day("told_on", now, 0)},
        {"deed": "close", "close_because": REASON},
    ]


def _gather(by: Staff, now: datetime) -> list[Body]:
    with acting_as(by, now=now):
        return [
            {"request": str(pk)}
            for pk in open_requests(by).filter(person_id=None).values_list("pk", flat=True)
        ]


def _edition(by: Staff, now: datetime) -> list[Body]:
    reader = next((one for one in possible_preparers() if one.role == "team_manager"), by)
    return [{"deed": "plain"}, {"deed": "finish", "reader": str(reader.pk)}]


def _span(by: Staff, now: datetime) -> list[Body]:
    return [
        {"deed": "whole", "choice": "leave_out", "reason": "third_party"},
        {"deed": "words", "words": ["0"], "why": "third_party"},
    ]


def _restrict(by: Staff, now: datetime) -> list[Body]:
    colleague = Staff.objects.filter(team=by.team, kind=Staff.Kind.PERSON).exclude(pk=by.pk).first()
    return (
        [{"kind": "high_profile", "reason": REASON, "named": [str(colleague.pk)]}]
        if by.team and colleague
        else []
    )


def _protect(by: Staff, now: datetime) -> list[Body]:
    colleague = Staff.objects.filter(team=by.team, role="social_worker").exclude(pk=by.pk).first()
    return [{"reason": REASON, "named": [str(colleague.pk)]}] if by.team and colleague else []


def _hand_over(by: Staff, now: datetime) -> list[Body]:
    return [{"colleague": str(one.pk)} for one in colleagues_who_may_hold(by)[:1]]


def _ways(by: Staff, now: datetime, kind: str) -> list[Way]:
    """Safe ways of one child whom `by` works with."""
    with acting_as(by, now=now) as context:
        rows = WayOfContact.objects.visible_to(by).filter(kind=kind, person_id__in=context.people)
        child = rows.order_by("said_no").values_list("person_id", flat=True).first()
        safe = contact_of(child, by, now).safe if child else []
        return [one for one in safe if one.last.kind == kind]


def _letter(by: Staff, now: datetime) -> list[Body]:
    typed = {"subject": "Invented", "text": REASON}
    found = []
    for way in _ways(by, now, "address")[:1]:
        with acting_as(by, now=now):
            assert way.last.person_id is not None
            seen = prepare_letter(way.last.person_id, way.id, **typed, by=by, now=now).fingerprint
        found.append({"way": str(way.id), **typed, "seen": seen})
    return [*found]


def _call(by: Staff, now: datetime) -> list[Body]:
    return [
        {"way": str(way.id), "outcome": "no_answer", "in_spite": REASON}
        for way in _ways(by, now, "phone")[:1]
    ]


WAY = {"kind": "phone", "value": "07700 900111", "whose": "child", "whose_name": "Invented", "why": REASON}
NOT_TO = {"name": "Invented", "because": REASON, "why": REASON}


def _terms(by: Staff, now: datetime) -> list[dict]:
    return [
        {
            "title": "Tried by the check", "owners": ["BWD-CSC"], "recipients": ["LANCS-POL"], "categories": ["C01"],
            "purposes": ["protect_this_child"], "lawful_basis": REASON, "signed_by": REASON, "reason": REASON,
            **_moment("starts_at", now + timedelta(days=1)), **_moment("ends_at", now + timedelta(days=30)),
        }
    ]  # fmt: skip


def _approve(by: Staff, now: datetime) -> list[Body]:
    waiting = AgreementProposal.objects.filter(state__in=AgreementProposal.OPEN)
    return [{"seen": effect_of(one, now).digest} for one in waiting]


def _approve_plan(by: Staff, now: datetime) -> list[Body]:
    with acting_as(by, now=now):
        waiting = Plan.objects.visible_to(by).filter(state=Plan.State.PLANNED)
        return [{"seen": digest} for digest in waiting.values_list("digest", flat=True)]


def _what_may(by: Staff, now: datetime) -> list[Body]:
    person = Staff.objects.get(code="ewan")
    return [{"person": str(person.pk), "purpose": "protect_this_child", "situation": "in_circle"}]


def _sign_out(by: Staff, now: datetime) -> list[Body]:
    colleague = Staff.objects.filter(kind=Staff.Kind.PERSON, user__isnull=False).exclude(pk=by.pk).first()
    return [
        {"whom": "colleague", "colleague": str(colleague.pk) if colleague else "", "reason": REASON},
        {"whom": "agency", "agency": "BWD-CSC", "reason": REASON},
    ]


def in_a_family(reader: Staff) -> list[UUID]:
    """A child with whom the reader works, and somebody of the same household or family; empty where there is none."""
    for person_id in sorted(acting().people):
        if records_of(person_id, reader) and (found := family_of(person_id, reader)):
            return [person_id, found[0].shown.person_id]
    return []


def _relation(by: Staff, now: datetime) -> list[Body]:
    with acting_as(by, now=now):
        other = "".join(str(one) for one in in_a_family(by)[1:])
    return [{"other": other, "relation": "sibling", "reason": REASON}]


_EDITION = "bundles/editions/<uuid:bundle_id>/"
_AGREEMENT = "access/agreements/<str:agreement_code>/"
_PROPOSAL = "access/proposals/<uuid:proposal_id>/"
_RETENTION = "access/retention/"
_REPORT = "episodes/<uuid:report_id>/"
FORMS: dict[str, Callable[[Staff, datetime], list[Body]]] = {
    "step-in/": lambda by, now: [{"colleague": by.code}],
    "invitation/": lambda by, now: [{"code": "NO-SUCH-CODE"}],
    "search/": lambda by, now: [{"q": "Khan"}, {"forenames": "Katie", "age": "14"}],
    "children/new/": lambda by, now: [
        {"forenames": "Invented", "surname": "Checkley", "age": "14", "do": do, "new_because": REASON}
        for do in ("find", "create")
    ],
    "mixtures/<uuid:mixture_id>/": lambda by, now: [{}],
    "pairs/<uuid:pair_id>/": lambda by, now: [{"verdict": "not_same", "reason": REASON}],
    "children/<uuid:person_id>/family/": _relation,
    "children/<uuid:person_id>/records/<uuid:judgement_id>/undo/": lambda by, now: [{"reason": REASON}],
    RESTRICT: _restrict,
    "children/<uuid:person_id>/seal/": lambda by, now: [
        {"text": REASON, "reason": REASON, "holder": str(by.pk), **_day("review_on", now, 14)}
    ],
    "sealed/<uuid:item_id>/": lambda by, now: [_day("review_on", now, 21)],
    "sealed/<uuid:item_id>/hand-over/": _hand_over,
    "sealed/<uuid:item_id>/unseal/": lambda by, now: [
        {"category": one} for one in list(categories_of_notes(by))[:1]
    ],
    "sealed/offers/<uuid:handover_id>/": lambda by, now: [{"answer": "take"}],
    "children/<uuid:person_id>/conflict/": lambda by, now: [{"whose": str(by.pk), "reason": REASON}],
    CONTACT + "ways/new/": lambda by, now: [{**WAY, "confirmed": "yes"}],
    CONTACT + "not-to/new/": lambda by, now: [NOT_TO],
    CONTACT + "letter/": _letter,
    CONTACT + "call/": _call,
    CONTACT + "location/": _protect,
    CONTACT + "location/lift/": lambda by, now: [{"reason": REASON}],
    "contact/ways/<uuid:way_id>/": lambda by, now: [
        {"deed": deed, "why": REASON} for deed in ("confirm", "unsafe", "end", "take_back")
    ],
    "contact/ways/<uuid:way_id>/correct/": lambda by, now: [WAY],
    "contact/not-to/<uuid:not_to_id>/": lambda by, now: [
        {"deed": deed, "why": REASON} for deed in ("end", "take_back")
    ],
    "contact/not-to/<uuid:not_to_id>/correct/": lambda by, now: [NOT_TO],
    "access/protected/": lambda by, now: [],
    "access/signposts/": lambda by, now: [{"category": "C13", "telephone": "01632 960102"}],
    SHARE: _share,
    SHARE + "preview/": _share,
    SHARE + "not/": _share,
    "children/<uuid:person_id>/ask/": _ask,
    "sharing/requests/<uuid:request_id>/": lambda by, now: [
        {"deed": deed, "words": REASON} for deed in ("answer", "refuse", "withdraw")
    ],
    "emergency/": _emergency,
    "emergency/<uuid:emergency_id>/": lambda by, now: [{"outcome": "justified", "words": REASON}],
    "sharing/<uuid:disclosure_id>/second/": lambda by, now: [
        {"decision": decision, "words": REASON} for decision in ("approve", "refuse")
    ],
    "sharing/<uuid:disclosure_id>/reply/": lambda by, now: [{"words": REASON}],
    "sharing/<uuid:disclosure_id>/recall/": lambda by, now: [{"words": REASON}],
    "bundles/new/": lambda by, now: [
        {
            "kind": "child",
            "asked_by": "Invented",
            "about": "Invented",
            "received_how": "letter",
            **_day("received_on", now, -1),
        }
    ],
    "bundles/<uuid:bundle_request_id>/": _assign,
    "children/<uuid:person_id>/bundle/": _gather,
    _EDITION: _edition,
    _EDITION + "spans/<uuid:span_id>/": _span,
    _EDITION + "read/": lambda by, now: [
        {"deed": "page", "page": "1"},
        {"deed": "send_back", "words": REASON},
    ],
    _EDITION + "release/": lambda by, now: [{"handed_over": REASON}],
    _EDITION + "recall/": lambda by, now: [{"because": REASON}],
    "sharing/<uuid:disclosure_id>/breach/": lambda by, now: [
        {"what": REASON, **_just_now("noticed_at", now)}
    ],
    "breaches/new/": lambda by, now: [{"what": REASON, **_just_now("noticed_at", now)}],
    "breaches/<uuid:breach_id>/": lambda by, now: [{"kind": "assessed", "words": REASON}],
    RESTRICT + "lift/": lambda by, now: [{"reason": REASON}],
    "episodes/held/<uuid:report_id>/": lambda by, now: [{"belongs_to": "separate"}],
    _REPORT + "return/": lambda by, now: [
        {"known": "time", "checked": "not_yet", **_just_now("returned_at", now)}
    ],
    _REPORT + "entries/<uuid:entry_id>/take-back/": lambda by, now: [{"reason": REASON}],
    _REPORT + "located/": lambda by, now: [_just_now("located_at", now)],
    _REPORT + "grade/": lambda by, now: [{"grade": "medium", "reason": REASON}],
    _REPORT + "interview/offer/": lambda by, now: [_just_now("offered_at", now)],
    _REPORT + "interview/held/": lambda by, now: [
        {"summary_for_team": REASON, "independent": "yes", **_just_now("held_at", now)}
    ],
    _REPORT + "interview/declined/": lambda by, now: [{"reason": REASON, **_just_now("declined_at", now)}],
    "first-looks/<uuid:person_id>/": lambda by, now: [
        {"level": "possible", "reason": REASON, "next_step": REASON, **_day("review_on", now, 14)}
    ],
    TAKE: lambda by, now: [{}],
    "first-looks/<uuid:person_id>/hand-back/": lambda by, now: [{}],
    "letters/<uuid:letter_id>/open/": lambda by, now: [{}],
    "access/proposals/new/": lambda by, now: [{"code": "CHECK-2026", **one} for one in _terms(by, now)],
    _AGREEMENT + "new-version/": lambda by, now: [*_terms(by, now)],
    _AGREEMENT + "end/": lambda by, now: [{"reason": REASON, **_moment("ends_at", now + timedelta(days=7))}],
    _PROPOSAL + "approve/": _approve,
    _PROPOSAL + "refuse/": lambda by, now: [{"because": REASON}],
    _PROPOSAL + "withdraw/": lambda by, now: [{"because": REASON}],
    "access/signed-in/stay/": lambda by, now: [{}],
    "access/signed-in/others/end/": lambda by, now: [{}],
    "access/signed-in/<uuid:sign_in_id>/end/": lambda by, now: [{}],
    "access/sign-outs/": _sign_out,
    _RETENTION + "adopt/": lambda by, now: [
        {"agency": "BWD-CSC", "proposal": "in-need-21-years", "legal_basis": REASON}
    ],
    _RETENTION + "schedules/<uuid:schedule_id>/end/": lambda by, now: [{}],
    _RETENTION + "holds/new/": lambda by, now: [
        {"agency": "BWD-CSC", "scope": "child", "reference": "CHECK/1", "kind": "court", "reason": REASON}
    ],
    _RETENTION + "holds/<uuid:hold_id>/": lambda by, now: [{"because": REASON}],
    _RETENTION + "holds/<uuid:hold_id>/end/": lambda by, now: [{}],
    _RETENTION + "plan/": lambda by, now: [{"agency": "BWD-CSC"}],
    _RETENTION + "plans/<uuid:plan_id>/approve/": _approve_plan,
    _RETENTION + "plans/<uuid:plan_id>/close/": lambda by, now: [{"because": REASON}],
    "access/what-may/": _what_may,
    "children/<uuid:person_id>/": lambda by, now: [{"purpose": "protect_this_child", "next": "/today/"}],
    "access/looks/": _reference,
    "access/looks/to-explain/<uuid:look_id>/": lambda by, now: [
        {"deed": "ask"},
        {"deed": "close", "verdict": "explained", "because": REASON},
        {"deed": "answer", "words": REASON},
    ],
    "access/alarms/<uuid:alarm_id>/": lambda by, now: [
        {"deed": "take"},
        {"deed": "settle", "outcome": "justified", "words": REASON},
    ],
    "children/<uuid:person_id>/sister-teams/": lambda by, now: [
        {"sister": one.code, "purpose": "protect_this_child", "case": "CHECK/1"} for one in sisters()[:1]
    ],
    "access/sister-teams/<uuid:volume_alarm_id>/": lambda by, now: [{"words": REASON}],
    "access/who-may/": lambda by, now: [{"owner": "BWD-CSC", "category": "C06", "label": "full"}],
    "files/hand-in/": _hand_in,
    PREVIEW: lambda by, now: [{}],
    "api/feeds/<format>/files": lambda by, now: [FILE],
    "api/sister/question": lambda by, now: [question_of(one, 1, 1) for one in sisters()[:1]],
}
