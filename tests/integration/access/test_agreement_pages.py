"""The pages of those who look after access, and what everybody else is told of them."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from engage.__main__ import app
from engage.demo.probing import signed_in, told_apart, watching
from engage.practice.access.actions import Terms
from engage.practice.access.models import AgreementProposal, SharingAgreement
from engage.practice.access.policy import rules_by_name
from engage.practice.agencies.models import Staff

pytestmark = pytest.mark.django_db
LIST = "/access/agreements/"


@pytest.fixture(autouse=True)
def clock_of_the_tests(settings, now):
    settings.DEMO, settings.AS_AT, settings.AS_AT_RUNS_ON = True, now.isoformat(), False


@pytest.fixture
def visit(people_at_work):
    return lambda code: signed_in(people_at_work[code])


def said(response) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(text.replace("&#x27;", "'").split())


TYPED = {
    "code": "REQUESTS-2026", "title": "Agreement on answering requests", "owners": ["LANCS-POL", "BWD-CSC"],
    "recipients": ["LANCS-POL", "BWD-CSC"], "categories": ["C01", "C06"], "purposes": ["answer_a_request"],
    "lawful_basis": "Children Act 2004 s11", "signed_by": "An invented director", "reason": "Tried by a test",
    "starts_at_day": "1", "starts_at_month": "12", "starts_at_year": "2026", "starts_at_time": "midnight",
    "ends_at_day": "1", "ends_at_month": "12", "ends_at_year": "2027", "ends_at_time": "midnight",
}  # fmt: skip


def proposed(client) -> AgreementProposal:
    answer = client.post("/access/proposals/new/", TYPED)
    assert answer.status_code == 302, said(answer)
    return AgreementProposal.objects.get(code="REQUESTS-2026")


def approve_as_shown(client, address: str):
    (seen,) = re.findall(r'name="seen" value="(\w+)"', client.get(address).content.decode())
    return client.post(f"{address}approve/", {"seen": seen}, follow=True)


def test_proposed_previewed_approved_twice_and_in_force(visit):
    max_, lena, grace = visit("max"), visit("lena"), visit("grace")
    proposal = proposed(max_)
    address = f"/access/proposals/{proposal.pk}/"
    own = said(max_.get(address))
    assert "Approve what is shown above" not in own and "Withdraw it" in own

    preview = said(lena.get(address))
    assert "It concerns 3 people at work now" in preview
    assert "social worker Blackburn with Darwen Children's Services" in preview
    assert "Any child in the area of their team Lancashire Constabulary" in preview
    assert "Nobody loses anything" in preview
    assert "Your approval is kept" in said(approve_as_shown(lena, address))
    assert "You have approved this" in said(lena.get(address))
    assert "the change is made" in said(approve_as_shown(grace, address))

    assert "Agreement on answering requests" in said(grace.get(LIST))
    page = said(grace.get(f"{LIST}REQUESTS-2026/"))
    assert "Approved by Lena Marsden and Grace Whittam" in page


def test_an_approval_of_a_preview_that_is_no_longer_true_shows_the_new_one(visit):
    proposal = proposed(visit("max"))
    address = f"/access/proposals/{proposal.pk}/"
    lena = visit("lena")
    answer = lena.post(f"{address}approve/", {"seen": "0" * 64}, follow=True)
    assert "What this would do has changed" in said(answer) and "What it would do" in said(answer)
    assert AgreementProposal.objects.get().state == "proposed"


def test_a_new_version_begins_with_what_the_last_one_says(visit, standing):
    page = visit("grace").get(f"{LIST}{standing.code}/new-version/").content.decode()
    assert f'value="{standing.title}"' in page
    assert page.count("checked") >= len(standing.categories) + len(standing.purposes)
    answer = visit("grace").post(f"{LIST}{standing.code}/new-version/", TYPED)
    made = AgreementProposal.objects.get()
    assert (answer.status_code, made.kind, made.code) == (302, "new_version", standing.code)
    assert "waits for approval" in said(visit("lena").get(f"{LIST}{standing.code}/"))


def test_ending_early_says_in_which_field_a_date_does_not_fit(visit, standing):
    client = visit("lena")
    late = {
        "reason": "Tried",
        "ends_at_day": "1",
        "ends_at_month": "1",
        "ends_at_year": "2030",
        "ends_at_time": "9am",
    }
    assert "It ends by then in any case" in said(client.post(f"{LIST}{standing.code}/end/", late))
    assert client.post(f"{LIST}{standing.code}/end/", late | {"ends_at_year": "2027"}).status_code == 302
    shown = said(client.get(f"/access/proposals/{AgreementProposal.objects.get().pk}/"))
    assert "Who loses what" in shown and "Nobody gains anything" in shown


def test_refused_with_a_reason_and_kept(visit):
    proposal = proposed(visit("max"))
    address = f"/access/proposals/{proposal.pk}/"
    lena = visit("lena")
    assert "Enter why" in said(lena.post(f"{address}refuse/", {"because": ""})).replace(
        "Answer “Why?”", "Enter why"
    )
    assert "Too wide" in said(lena.post(f"{address}refuse/", {"because": "Too wide"}, follow=True))
    assert "Proposals that were settled" in said(lena.get(LIST))


@pytest.mark.parametrize("code", ["ewan", "amir", "hal", "nia", "kit", "iris", "beth"])
def test_for_whoever_has_no_business_here_what_is_there_and_what_is_not_are_one(visit, code):
    proposal = proposed(visit("max"))
    client = visit(code)
    assert client.get(LIST).status_code == 403
    assert "Access" not in said(client.get("/help/")).split("Files")[0]
    for part in ("", "approve/", "refuse/", "withdraw/"):
        for send in (client.get, lambda path: client.post(path, {"seen": "x", "because": "x"})):
            assert not told_apart(
                lambda one, part=part, send=send: send(f"/access/proposals/{one}/{part}"),
                proposal.pk,
                uuid4(),
            )
    for part in ("", "new-version/", "end/"):
        assert not told_apart(
            lambda one, part=part: client.get(f"{LIST}{one}/{part}"), "ENGAGE-2026", "NO-SUCH-CODE"
        )
    assert AgreementProposal.objects.get().state == "proposed"


@pytest.mark.parametrize("code", ["grace", "max", "ewan"])
@pytest.mark.parametrize("page", ["/access/what-may/", "/access/who-may/"])
def test_only_the_lead_asks_who_sees_what(visit, code, page):
    assert visit(code).get(page).status_code == 403
    assert visit("lena").get(page).status_code == 200


def ask(client, person: Staff, situation="in_circle", purpose="protect_this_child", **more) -> str:
    body = {"person": str(person.pk), "purpose": purpose, "situation": situation, **more}
    return said(client.post("/access/what-may/", body))


def test_the_lead_is_told_what_somebody_may_see_and_by_which_rule_law_and_agreement(visit, people_at_work):
    answer = ask(visit("lena"), people_at_work["ewan"])
    assert "C06 Exploitation risk score and reasons Yes: summary and full" in answer
    assert "Engage information-sharing agreement 2026 (version 1)" in answer
    assert "own-agency-full" in answer and rules_by_name(["own-agency-full"])[0][2] in answer
    # Sexual-health notes stay with their owner: letter R opens nothing.
    assert re.search(r"C10 Sexual health No [^C]*letter", answer)


def test_outside_the_circle_the_answer_is_less_and_after_the_agreement_nothing_of_others(
    visit, people_at_work, standing
):
    lena, ewan = visit("lena"), people_at_work["ewan"]
    assert "C09 Health: general, injuries" in ask(lena, ewan)
    circle, area, elsewhere = (ask(lena, ewan, one) for one in ("in_circle", "in_area", "elsewhere"))
    assert circle.count("Yes:") > area.count("Yes:") > elsewhere.count("Yes:")
    at = standing.ends_at
    late = {"at_day": at.day, "at_month": at.month, "at_year": at.year, "at_time": "9am"}
    ended = ask(lena, ewan, **late)
    assert "Engage information-sharing agreement" not in ended and "No agreement in force names this" in ended


def test_somebody_who_left_and_a_restricted_child_are_nothing_and_say_why(visit, people_at_work):
    assert "restricted children are for those named alone" in ask(
        visit("lena"), people_at_work["ewan"], "restricted"
    )
    Staff.objects.filter(code="ewan").update(status=Staff.Status.LEFT)
    assert "not-active" in ask(visit("lena"), people_at_work["ewan"])


def test_a_purpose_that_the_role_may_not_state_is_said_to_open_nothing(visit, people_at_work):
    assert "may not state this purpose" in ask(
        visit("lena"), people_at_work["ewan"], purpose="prevent_or_detect_crime"
    )


def test_the_lead_is_told_who_may_see_a_compartment_and_why(visit):
    answer = said(
        visit("lena").post("/access/who-may/", {"owner": "BWD-CSC", "category": "C06", "label": "full"})
    )
    assert "social worker Blackburn with Darwen Children's Services" in answer
    assert "police officer Lancashire Constabulary" in answer
    assert "Engage information-sharing agreement 2026 (version 1)" in answer
    for nobody in (
        "administrator Blackburn",
        "safeguarding board analyst Safeguarding",
        "sister team Lancashire",
    ):
        assert nobody not in answer
    sealed = said(
        visit("lena").post("/access/who-may/", {"owner": "BWD-CSC", "category": "C06", "label": "sealed"})
    )
    assert "Nobody at work may see such rows" in sealed


def test_the_lead_page_reads_nothing_of_any_child(visit, people_at_work):
    with watching() as reads:
        ask(visit("lena"), people_at_work["ewan"])
        visit("lena").post("/access/who-may/", {"owner": "BWD-CSC", "category": "C06", "label": "full"})
    assert (reads.guarded, reads.accounts) == (0, 2)


def test_every_role_that_looks_after_access_finds_it_in_the_menu(visit):
    for code in ("lena", "olga", "grace", "max"):
        assert 'href="/access/agreements/"' in visit(code).get("/help/").content.decode()


def test_the_command_line_lists_and_shows(standing, table, agency, now):
    terms = Terms(
        "COMING-2027", "A coming agreement", [agency["BWD-CSC"]], [agency["LANCS-POL"]], ["C01"],
        ["protect_this_child"], "For a test", now + timedelta(days=9), now + timedelta(days=99), "Somebody invented",
    )  # fmt: skip
    table.agree(table.propose(terms))
    runner = CliRunner(env={"COLUMNS": "250"})
    listed = runner.invoke(app, ["agreement", "list"]).output
    assert re.search(r"in force\s*│ ENGAGE-2026", listed) and re.search(r"coming\s*│ COMING-2027", listed)
    shown = runner.invoke(app, ["agreement", "show", "COMING-2027"]).output
    assert "A coming agreement (version 1), COMING-2027" in shown and "Somebody invented" in shown
    unknown = runner.invoke(app, ["agreement", "show", "NONE"])
    assert unknown.exit_code == 2 and SharingAgreement.objects.count() == 2
