"""Pages for those who look after access: agreements, changes of them, and why somebody sees something.

Whoever has no business here is told so before anything is looked up: an agreement that is there and one
that is not give them the same answer.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engage.practice.agencies.models import Staff

from . import actions, audit, permissions, queries, tables
from .doors import staff_page
from .effect import effect_of, lines_of
from .explaining import SITUATIONS, what_may_see, who_may_see
from .forms import BecauseForm, EndForm, TermsForm, WhatMaySeeForm, WhoMaySeeForm, as_typed
from .models import AgreementProposal
from .policy import PURPOSES

HERE = "/access/agreements/"


def links(staff: Staff) -> list[tuple[str, str]]:
    """The pages under Access, those of later apps among them."""
    found = [("Agreements", HERE)] if permissions.may_look_after_access(staff) else []
    if permissions.may_read_looks(staff):
        found += [("Who looked", "/access/looks/"), ("To explain", "/access/looks/to-explain/")]
    if permissions.may_ask_who_sees_what(staff):
        found += [("What may somebody see?", "/access/what-may/"), ("Who may see this?", "/access/who-may/")]
    if permissions.may_read_registers(staff):
        found += [("Registers", "/access/registers/"), ("Sister teams", "/access/sister-teams/")]
    if staff.role in permissions.APPROVE:
        found.append(("Keep and destroy", "/access/retention/"))
    return found


def access_page(request: HttpRequest, template: str, context: dict) -> TemplateResponse:
    return TemplateResponse(
        request,
        f"access/{template}.html",
        {
            "current_section": "access",
            "access_links": links(request.staff),
            "here": request.path,
            **context,
        },
    )


@require_safe
@staff_page("agreements")
def agreements(request: HttpRequest) -> HttpResponse:
    permissions.may_look_after_access(request.staff).enforce()
    found = queries.agreements(request.now)
    return access_page(
        request,
        "agreements",
        {
            "in_force": tables.versions_table("In force", found.in_force, "No agreement is in force: each agency sees its own records alone."),
            "proposed": tables.proposals_table("Proposed", found.proposed, "No change waits for approval."),
            "coming": tables.versions_table("Coming", found.coming, "None.", small=True),
            "ended": tables.versions_table("Ended", found.ended, "None.", small=True),
            "closed": tables.proposals_table("Proposals that were settled", found.closed, "None."),
        },
    )  # fmt: skip


@require_safe
@staff_page("agreement")
def agreement(request: HttpRequest, agreement_code: str) -> HttpResponse:
    permissions.may_look_after_access(request.staff).enforce()
    versions = queries.versions_of(agreement_code)
    return access_page(
        request,
        "agreement",
        {
            "breadcrumbs": [("Agreements", HERE), (versions[0].title, "")],
            "latest": versions[0],
            "has_ended": versions[0].in_force_until <= request.now,
            "versions": [(one, tables.terms_rows(one), _approved(one.proposal)) for one in versions],
            "waiting": versions[0].changes.filter(state__in=AgreementProposal.OPEN).first(),
        },
    )


def _approved(proposal: AgreementProposal | None) -> str:
    if proposal is None or proposal.first_approver is None or proposal.second_approver is None:
        return "Entered when Engage was set up, without approvals."
    return f"Approved by {proposal.first_approver.name} and {proposal.second_approver.name}."


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("propose_agreement", step_up=True)
def propose(request: HttpRequest) -> HttpResponse:
    permissions.may_look_after_access(request.staff).enforce()
    form = TermsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.propose(
                form.terms(), reason=form.cleaned_data["reason"], by=request.staff, now=request.now
            )
        except actions.TermsDoNotFit as problem:
            form.add_error(problem.field, str(problem))
        else:
            return redirect("access:proposal", made.pk)
    return access_page(
        request, "propose", {"back_link": HERE, "form": form, "heading": "Propose a new agreement"}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("propose_agreement_version", step_up=True)
def propose_version(request: HttpRequest, agreement_code: str) -> HttpResponse:
    permissions.may_look_after_access(request.staff).enforce()
    latest = queries.versions_of(agreement_code)[0]
    form = TermsForm(
        request.POST if request.method == "POST" else None, code=latest.code, initial=as_typed(latest)
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.propose_version(
                latest, form.terms(), reason=form.cleaned_data["reason"], by=request.staff, now=request.now
            )
        except actions.TermsDoNotFit as problem:
            form.add_error(problem.field, str(problem))
        else:
            return redirect("access:proposal", made.pk)
    return access_page(
        request,
        "propose",
        {
            "back_link": f"{HERE}{latest.code}/",
            "form": form,
            "heading": f"Propose version {latest.version + 1} of {latest.title}",
            "say": f"From its start on, it takes the place of version {latest.version}.",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("propose_agreement_end", step_up=True)
def propose_end(request: HttpRequest, agreement_code: str) -> HttpResponse:
    permissions.may_look_after_access(request.staff).enforce()
    latest = queries.versions_of(agreement_code)[0]
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = actions.propose_end(
                latest, ends_at=said["ends_at"], reason=said["reason"], by=request.staff, now=request.now
            )
        except actions.TermsDoNotFit as problem:
            form.add_error(problem.field, str(problem))
        else:
            return redirect("access:proposal", made.pk)
    return access_page(
        request,
        "propose",
        {
            "back_link": f"{HERE}{latest.code}/",
            "form": form,
            "heading": f"Propose to end {latest.title} early",
            "say": "From then on nobody sees another agency's record by it.",
        },
    )


@require_safe
@staff_page("agreement_proposal")
def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    permissions.may_look_after_access(request.staff).enforce()
    return _proposal_page(request, queries.proposal(proposal_id))


def _proposal_page(
    request: HttpRequest, found: AgreementProposal, form: BecauseForm | None = None
) -> HttpResponse:
    effect = effect_of(found, request.now) if found.is_open else None
    lines = lines_of(effect) if effect else []
    lapsed = effect is not None and effect.digest != found.effect_digest
    by = request.staff
    return access_page(
        request,
        "proposal",
        {
            "breadcrumbs": [("Agreements", HERE), (found.title, "")],
            "proposal": found,
            "kind": found.get_kind_display(),
            "state": found.get_state_display(),
            "state_colour": tables.STATE_COLOURS[found.state],
            "history": tables.history_rows(found),
            "terms": tables.terms_rows(found),
            "effect": effect,
            "staff_concerned": effect.staff_concerned() if effect else 0,
            "effect_tables": tables.effect_tables(lines),
            "numbers": tables.numbers_table(code for one in lines for code in one.categories),
            "lapsed": lapsed,
            "may_approve": permissions.may_approve(by, found, earlier_counts=not lapsed),
            "may_refuse": permissions.may_refuse(by, found),
            "may_withdraw": permissions.may_withdraw(by, found),
            "is_first": found.first_approver is None or lapsed,
            "form": form or BecauseForm(),
        },
    )  # fmt: skip


@require_POST
@staff_page("approve_agreement", step_up=True)
def approve(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    permissions.may_look_after_access(request.staff).enforce()
    try:
        settled = actions.approve(
            proposal_id, seen=request.POST.get("seen", ""), by=request.staff, now=request.now
        )
    except (actions.EffectHasChanged, actions.EffectDiffers) as problem:
        messages.error(request, str(problem))
    else:
        activated = settled.state == AgreementProposal.State.IN_FORCE
        messages.success(
            request,
            "Approved by two: the change is made."
            if activated
            else "Your approval is kept. Somebody else gives the second.",
        )
    return redirect("access:proposal", proposal_id)


@require_POST
@staff_page("refuse_agreement", step_up=True)
def refuse(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    return _close(request, proposal_id, actions.refuse, "Refused: nothing changes.")


@require_POST
@staff_page("withdraw_agreement", step_up=True)
def withdraw(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    return _close(request, proposal_id, actions.withdraw, "Withdrawn: nothing changes.")


def _close(request: HttpRequest, proposal_id: UUID, close, words: str) -> HttpResponse:
    permissions.may_look_after_access(request.staff).enforce()
    form = BecauseForm(request.POST)
    if not form.is_valid():
        return _proposal_page(request, queries.proposal(proposal_id), form)
    close(proposal_id, because=form.cleaned_data["because"], by=request.staff, now=request.now)
    messages.success(request, words)
    return redirect("access:proposal", proposal_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("what_may_somebody_see")
def what_may(request: HttpRequest) -> HttpResponse:
    permissions.may_ask_who_sees_what(request.staff).enforce()
    people = list(Staff.objects.filter(kind=Staff.Kind.PERSON).select_related("agency", "team"))
    form = WhatMaySeeForm(request.POST if request.method == "POST" else None, people=people)
    context: dict = {"form": form}
    if request.method == "POST" and form.is_valid():
        person, purpose, situation, at = form.asked(request.now)
        answers = what_may_see(person, purpose, situation, at)
        rules = {rule for one in answers for answer in (one.own, *one.others) for rule in answer.rules}
        audit.record(audit.Verb.CONSULT, "what_may_somebody_see", asked=person.pk, kinds=["access.reach"])
        context |= {
            "person": person,
            "purpose": PURPOSES[purpose],
            "situation": SITUATIONS[situation][0],
            "at": at,
            "nothing": _nothing(person, situation),
            "table": tables.what_may_see_table(answers),
            "rules": tables.rules_table(rules),
        }
    return access_page(request, "what_may", context)


def _nothing(person: Staff, situation: str) -> str:
    """Why the policy is not even asked."""
    if not person.is_active:
        return "Nothing: who has left or is suspended, or whose agency has left, sees nothing (not-active)."
    return {
        "restricted": "Nothing, in every agency, the own one included: restricted children are for those named alone.",
        "barred": "Nothing: a conflict of interest shuts everything.",
    }.get(situation, "")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("who_may_see")
def who_may(request: HttpRequest) -> HttpResponse:
    permissions.may_ask_who_sees_what(request.staff).enforce()
    form = WhoMaySeeForm(request.POST if request.method == "POST" else None)
    context: dict = {"form": form}
    if request.method == "POST" and form.is_valid():
        owner, said = form.owner_named(), form.cleaned_data
        found = who_may_see(owner, said["category"], said["label"], request.now)
        audit.record(
            audit.Verb.CONSULT,
            "who_may_see",
            asked=f"{owner.code} {said['category']} {said['label']}",
            kinds=["access.reach"],
        )
        context |= {
            "question": f"{owner.name}, {tables.named([said['category']])[0]}, {tables.label_named(said['label'])}",
            "table": tables.who_may_see_table(found),
            "rules": tables.rules_table({rule for one in found for rule in one.rules}),
        }
    return access_page(request, "who_may", context)
