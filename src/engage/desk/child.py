"""The child's record: one page made of what each agency lets this reader see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.forms import GovukForm
from engage.govuk.london_time import date_words, duration_words, in_london, moment_words
from engage.practice.access.doors import page_context, staff_page
from engage.practice.access.gate import acting, acting_as
from engage.practice.access.looking import purposes_offered
from engage.practice.access.permissions import may_read_looks
from engage.practice.access.policy import PURPOSES
from engage.practice.agencies.models import Staff
from engage.practice.bundles.queries import to_gather
from engage.practice.contact.signposting import holds_more
from engage.practice.front_door.models import Call, Referral
from engage.practice.front_door.queries import calls_of, referrals_of
from engage.practice.missing.episodes import EpisodeShown
from engage.practice.missing.permissions import may_record_return
from engage.practice.missing.queries import episodes_of
from engage.practice.people.grouping import service
from engage.practice.people.permissions import may_restrict, may_seal
from engage.practice.people.queries import (
    ShownIdentity,
    resolve_person,
    restriction_of,
    sealed_by,
    shown_identity,
)
from engage.practice.people.views_sealing import review_cell
from engage.practice.receiving.queries import last_files
from engage.practice.screening.actions import state_purpose
from engage.practice.screening.permissions import may_open_with_purpose
from engage.practice.screening.queries import JudgementShown, Reason, judgements_of, looks_of, reasons_for
from engage.practice.sharing.permissions import may_share
from engage.practice.sharing.queries import shared_of
from engage.practice.sharing.tables import register_table
from engage.practice.sister_teams.queries import may_ask_next_door

from .cells import grade_cell, interview_cell, offer_words, told_by
from .colleagues import A_TEAM_WORKER, Colleague, colleagues_of
from .facts import Item, Section, Told, told_of
from .roles import may_look_at_children
from .timeline import Happening, Timeline, draw, point_words
from .why import why_seen

# A page is read, not scrolled through for ever: the latest stand open, the rest one step away.
SHOWN_AT_ONCE = 10
MOST_ROWS = 300


@dataclass(frozen=True)
class LatestFirst:
    table: Table
    rest: Table | None
    more: str

    @classmethod
    def of(cls, table: Table) -> LatestFirst:
        """The rest stops at 300 rows, and says so."""
        rest = table.rows[SHOWN_AT_ONCE:MOST_ROWS]
        caption = f"{table.caption}, earlier" + (
            f" (the latest {MOST_ROWS} of {len(table.rows)})" if len(table.rows) > MOST_ROWS else ""
        )
        return cls(
            replace(table, rows=table.rows[:SHOWN_AT_ONCE]),
            replace(table, rows=rest, caption=caption, caption_hidden=True, key_rows=False) if rest else None,
            f"{caption}: {len(rest)} more",
        )


class WhyForm(GovukForm):
    """What the door asks (access/why.html). Where it is set to ask nothing, the summary asks it for seeing more."""

    purpose = forms.ChoiceField(label="Why do you need to see more?", widget=forms.RadioSelect)

    def __init__(self, *args, by: Staff, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [(one, PURPOSES[one]) for one in purposes_offered(by)]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("child")
def child(request: HttpRequest, person_id: UUID) -> HttpResponse:
    reader, now = request.staff, request.now
    may_look_at_children(reader).enforce()
    current = resolve_person(person_id, reader)
    if current != person_id:
        return redirect("desk:child", current)
    identity = shown_identity([person_id], reader)[person_id]
    if request.method == "POST":
        return _say_why(request, person_id)
    told = told_of(person_id, reader)
    episodes = episodes_of(person_id, reader)
    referrals, calls = referrals_of(person_id, reader), calls_of(person_id, reader)
    reasons = reasons_for(person_id, reader, now)
    looks = looks_of(person_id, reader)
    waiting = next((look for look in looks if look.state in ("open", "taken")), None)
    judgements = judgements_of(person_id, reader)
    colleagues = colleagues_of(person_id, looks, reader, now)
    drawn = draw(_happenings(episodes, referrals, calls, judgements), now)
    open_episode = next((one for one in episodes if is_missing(one)), None)
    context = {
        "breadcrumbs": [("Today", "/today/"), (identity.name, "")],
        "identity": identity,
        "person_id": person_id,
        "who": _who(identity, told),
        "now_rows": _now(episodes, colleagues, now),
        "open_episode": open_episode,
        "missing_for": _missing_for(open_episode, now),
        "last_judgement": judgements[0] if judgements else None,
        "look_waits": waiting is not None,
        "restricted": restriction_of(person_id, reader),
        "share_url": f"/children/{person_id}/share/" if may_share(reader) else "",
        "next_door_url": f"/children/{person_id}/sister-teams/" if may_ask_next_door(reader) else "",
        "bundle_url": f"/children/{person_id}/bundle/" if to_gather(person_id, reader).exists() else "",
        "shared": register_table(shared_of(person_id, reader)[:MOST_ROWS], "Shared with others"),
        "looks_url": f"/access/looks/children/{person_id}/" if may_read_looks(reader) else "",
        "seal_url": f"/children/{person_id}/seal/" if may_seal(reader) else "",
        "sealed": _sealed_table(person_id, reader, now),
        "restriction_url": f"/children/{person_id}/restriction/" if may_restrict(reader) else "",
        "health": told.health,
        "timeline": drawn,
        "timeline_table": _timeline_table(drawn) if drawn else None,
        "episodes": LatestFirst.of(_episodes_table(episodes, now)),
        "reasons": LatestFirst.of(_reasons_table(reasons)),
        "judgements": judgements,
        "referrals": LatestFirst.of(_referrals_table(referrals)),
        "calls": LatestFirst.of(_calls_table(calls)),
        "sections": [(one, _section_rows(one), _section_table(one)) for one in told.sections],
        "sources": _sources_table(told.who),
        "signposts": _signposts_table(person_id, reader),
        "ring": _ring_table(_to_ring(told, colleagues)),
        "arrivals": _arrivals(now),
        "why": why_seen(identity, reader, now),
        "form": _why_form(person_id, identity, reader),
        "child_url": reverse("desk:child", args=[person_id]),
        "records_url": f"/children/{person_id}/records/",
        "look_url": f"/first-looks/{person_id}/",
        "return_url": _return_url(episodes, reader),
        "episode_url": f"/episodes/{open_episode.id}/" if open_episode else "",
        "printing": request.GET.get("print") == "1",
        "printed_by": page_context(request)["signed_in"],
        "now": now,
    }
    template = "desk/child_print.html" if context["printing"] else "desk/child.html"
    return TemplateResponse(request, template, context)


def _say_why(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The answer to what the door asks, and on to the page that was asked for."""
    form = WhyForm(request.POST, by=request.staff)
    if form.is_valid():
        state_purpose(person_id, purpose=form.cleaned_data["purpose"], by=request.staff, now=request.now)
        asked_for = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(asked_for, allowed_hosts=None):
            return redirect(asked_for)
    return redirect("desk:child", person_id)


def _why_form(person_id: UUID, identity: ShownIdentity, reader: Staff) -> WhyForm | None:
    """For somebody of the team who sees the summary alone, where the door asks nothing."""
    bits = reader.team.district_bits if reader.team else 0
    if person_id in acting().people or settings.ASK_PURPOSE:
        return None
    if not may_open_with_purpose(reader, purposes_offered(reader)[0], bool(identity.area & bits)):
        return None
    return WhyForm(by=reader)


def _who(identity: ShownIdentity, told: Told) -> list[SummaryRow]:
    rows = [
        SummaryRow("Age", identity.age or "not known"),
        SummaryRow("District", identity.district or "not known"),
    ]
    if identity.born_on:
        rows.append(SummaryRow("Date of birth", date_words(identity.born_on)))
    said: dict[str, dict[str, None]] = {}
    for item in told.who:
        if item.what != "Date of birth":
            said.setdefault(item.what, {})[item.said] = None
    rows += [SummaryRow(what, _lines(values)) for what, values in said.items()]
    return rows


def _lines(values: Iterable[str]) -> str:
    return format_html_join("\n", "<div>{}</div>", ((value,) for value in values))


def _said(item: Item) -> str:
    on = f", {point_words(item.true_on)}" if item.true_on else ""
    return format_html_join(
        " ", '{} <span class="engage-secondary">{}{}</span>', [(item.said, item.told_by, on)]
    )


def _missing_for(episode: EpisodeShown | None, now: datetime) -> str:
    if episode is None or episode.missing_since is None:
        return ""
    if isinstance(episode.missing_since, datetime):
        return f"{duration_words(now - episode.missing_since)}, since {moment_words(episode.missing_since)}"
    return f"since {date_words(episode.missing_since)}"


def _return_url(episodes: list[EpisodeShown], reader: Staff) -> str:
    """Of the latest time missing on which this reader may record a return; a held report is settled first."""
    may = (one for one in episodes if is_missing(one) and may_record_return(reader, one))
    return next((reverse("missing:record_return", args=[one.id]) for one in may), "")


def _now(episodes: list[EpisodeShown], colleagues: list[Colleague], now: datetime) -> list[SummaryRow]:
    rows = []
    waiting = next((one for one in episodes if awaits_interview(one)), None)
    if waiting:
        due = interview_cell(waiting, now)
        rows.append(SummaryRow("Return interview", f"{str(due.text).capitalize()} ({offer_words(waiting)})"))
    if leads := [one.described for one in colleagues if one.leads]:
        rows.append(SummaryRow("Leads", _lines(leads)))
    if others := [f"{one.described}: {one.kind.lower()}" for one in colleagues if not one.leads]:
        rows.append(SummaryRow("Works with the child", _lines(others)))
    return rows


def _happenings(
    episodes: list[EpisodeShown],
    referrals: list[Referral],
    calls: list[Call],
    judgements: list[JudgementShown],
) -> list[Happening]:
    happened = [
        Happening(
            "missing",
            "Reported missing, and was not" if one.is_cancelled else "Missing",
            one.missing_since,
            one.account.returned,
            still_open=is_missing(one),
            told_by=told_by(one),
            href=f"/episodes/{one.id}/",
        )
        for one in episodes
        if one.missing_since
    ]
    for one in episodes:
        happened += [
            Happening("interview", "Return interview held", told.interview.held, told_by=told.source)
            for told in one.interviews
            if told.interview.held
        ]
    happened += [
        Happening("worry", "Referral", one.referred_at, told_by=one.compartment.owner.name)
        for one in referrals
    ]
    happened += [
        Happening("worry", "Call", one.started_at, told_by=one.compartment.owner.name) for one in calls
    ]
    happened += [
        Happening("judgement", f"Judged: {one.level.lower()}", one.at, told_by=one.by.name)
        for one in judgements
    ]
    return happened


def _timeline_table(drawn: Timeline) -> Table:
    return Table(
        "The timeline as a table, latest first",
        [Column("What"), Column("When"), Column("Told by")],
        [Row([Cell(one.what, href=one.href), one.when, one.told_by]) for one in drawn.shown],
        caption_hidden=True,
    )


def _episodes_table(episodes: list[EpisodeShown], now: datetime) -> Table:
    rows = [
        Row(
            [
                Cell(
                    f"From {point_words(one.missing_since)}" if one.missing_since else "Start not known",
                    href=f"/episodes/{one.id}/",
                    secondary="Not missing after all" if one.is_cancelled else "",
                ),
                point_words(one.account.returned)
                if one.account.returned
                else Cell("Still missing", colour="red")
                if is_missing(one)
                else "",
                grade_cell(one.grade),
                _interview_cell(one, now),
                told_by(one),
            ],
            anchor=f"episode-{one.id}",
        )
        for one in episodes
    ]
    return Table(
        "Times missing",
        [Column(title) for title in ("From", "Back", "Grade", "Return interview", "Told by")],
        rows,
        "No time missing is known to you.",
        key_rows=True,
    )


def _interview_cell(one: EpisodeShown, now: datetime) -> Cell | str:
    if not awaits_interview(one):
        return offer_words(one) if one.interviews else ""
    due = interview_cell(one, now)
    return Cell(due.text, colour=due.colour, secondary=offer_words(one))


def is_missing(one: EpisodeShown) -> bool:
    return one.state in ("missing", "located")


def awaits_interview(one: EpisodeShown) -> bool:
    return bool((one.interview_due_at or one.interview_due_on) and not one.interview_settled)


def _reasons_table(reasons: list[Reason]) -> Table:
    return Table(
        "Why agencies worry",
        [Column("What was said"), Column("By"), Column("When")],
        [
            Row([one.sentence, one.source, date_words(one.when) if one.when else "not recorded"])
            for one in reasons
        ],
        "You see no reason for worry told by an agency. That does not mean there is none.",
        sentences=True,
    )


def _referrals_table(referrals: list[Referral]) -> Table:
    return Table(
        "Referrals",
        [Column("Referred"), Column("What happened"), Column("From")],
        [
            Row(
                [
                    Cell(
                        moment_words(one.referred_at),
                        secondary="Immediate danger" if one.immediate_danger else "",
                    ),
                    Cell(one.what_happened or "not recorded", secondary=one.when_where),
                    one.referrer_agency or one.compartment.owner.name,
                ]
            )
            for one in referrals
        ],
        "No referral that you may see.",
    )


def _calls_table(calls: list[Call]) -> Table:
    return Table(
        "Calls",
        [Column("Rang"), Column("Concern"), Column("Safe way to call back")],
        [
            Row(
                [
                    Cell(moment_words(one.started_at), secondary=one.compartment.owner.name),
                    one.concern or "not recorded",
                    one.safe_contact
                    or ("do not call back" if one.safe_to_call_back is False else "not recorded"),
                ]
            )
            for one in calls
        ],
        "No call that you may see.",
    )


def _sealed_table(person_id: UUID, reader: Staff, now: datetime) -> Table:
    """What this reader alone holds. The text stands on its own page, not beside what others may look at with them."""
    today = in_london(now).date()
    return Table(
        "Sealed: you alone read it",
        [Column("Sealed"), Column("To be looked at again")],
        [
            Row([Cell(date_words(one.recorded_at), href=f"/sealed/{one.pk}/"), review_cell(one, today)])
            for one in sealed_by(reader, person_id)
        ],
    )


def _sources_table(items: Sequence[Item]) -> Table:
    return Table(
        "Where this comes from",
        [Column("What"), Column("As told"), Column("By"), Column("Received")],
        [
            Row([item.what, item.said, item.told_by, date_words(in_london(item.told_on).date())])
            for item in items[:MOST_ROWS]
        ],
        "You see a summary only: name, age and district.",
        caption_hidden=True,
    )


def _to_ring(told: Told, colleagues: list[Colleague]) -> list[tuple[str, str, str]]:
    """(who, agency, telephone), from rows the reader sees: nothing here says that an agency holds more."""
    workers = [(f"Social worker {name}", agency) for name, agency in told.social_workers]
    people = [(who, agency.name, agency.telephone) for who, agency in workers if agency.telephone]
    for one in colleagues:
        who = f"{one.name}, {one.kind.lower()}"
        if one.agency is None:
            people.append((who, A_TEAM_WORKER, "through the team"))
        elif one.agency.telephone:
            people.append((who, one.agency.name, one.agency.telephone))
    return people


def _section_rows(section: Section) -> list[SummaryRow]:
    by_kind: dict[str, list[Item]] = {}
    for item in section.lately:
        by_kind.setdefault(item.what, []).append(item)
    return [
        SummaryRow(what, format_html_join("", "<div>{}</div>", ((_said(item),) for item in items)))
        for what, items in by_kind.items()
    ]


def _section_table(section: Section) -> Table | None:
    if len(section.all) == len(section.lately):
        return None
    return Table(
        f"{section.title}: everything told",
        [Column("What"), Column("As told"), Column("By"), Column("When")],
        [
            Row([item.what, item.said, item.told_by, point_words(item.true_on) if item.true_on else ""])
            for item in section.all[:MOST_ROWS]
        ],
        caption_hidden=True,
    )


def _ring_table(people: list[tuple[str, str, str]]) -> Table:
    return Table(
        "Who to ring",
        [Column("Who"), Column("Agency"), Column("Telephone")],
        [Row(line) for line in people],
        "Nobody has been named to you for this child.",
    )


def _signposts_table(person_id: UUID, reader: Staff) -> Table:
    """What an agency itself lets those who work with the child be told: that there is more, and whom to ring."""
    return Table(
        "An agency holds more",
        [Column("About"), Column("Agency"), Column("Ring")],
        [Row([one.about, one.agency, one.ring]) for one in holds_more(person_id, reader)],
    )


def _arrivals(now: datetime) -> Table:
    """Read by a service and the same for every child: it says nothing of this one."""
    with acting_as(service("service_receiver"), now=now):
        arrived = last_files(now)
    return Table(
        "When each agency's files last arrived",
        [Column("Agency"), Column("Last file")],
        [Row([agency.name, moment_words(last) if last else "none yet"]) for agency, last in arrived],
        caption_hidden=True,
    )
