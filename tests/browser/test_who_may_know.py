"""Why somebody may not know; three facts to the sister team; a record opened in an emergency: as a new user would.

With ENGAGE_PICTURES naming a folder, the pages on the way are kept there for the how-to pages.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.test_a_working_day import UUID

PICTURES = os.environ.get("ENGAGE_PICTURES")


def picture(page, name: str, around=None) -> None:
    if PICTURES:
        (around or page.locator("h1")).evaluate("one => one.scrollIntoView({block: 'center'})")
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def address(page) -> str:
    return page.evaluate("location.origin")


class Clicks:
    """Counts what a hand does: a click, or a choice from a list."""

    def __init__(self, page):
        self.page, self.done = page, 0

    def on(self, what) -> None:
        what.click()
        self.done += 1

    def choose(self, what, value: str) -> None:
        what.select_option(value)
        self.done += 1


def say_why(page) -> None:
    if page.locator("main button[name=purpose]").count():
        page.locator("main button[value=protect_this_child]").click()
        page.wait_for_load_state()


def test_a_lead_reads_why_a_police_officer_cannot_see_a_health_note(step_in):
    page = step_in("lena")
    page.get_by_role("link", name="Access", exact=True).first.click()
    page.get_by_role("link", name="What may somebody see?").first.click()
    page.locator("select[name=person]").select_option(label="PC Amir Latif, Lancashire Constabulary")
    page.locator("select[name=purpose]").select_option("protect_this_child")
    page.locator("input[value=in_circle]").check()
    page.get_by_role("button", name="Ask").click()
    row = page.locator("main tbody tr", has_text="Sexual health").first
    note = row.inner_text()
    assert "No" in note and "letter N, letter-n" in note and "Yes" not in note
    assert "never" in page.locator("main tr", has_text="letter-n").last.inner_text().lower()
    picture(page, "why-not", row)


def test_three_facts_go_to_the_sister_team_in_six_clicks_and_the_sender_sees_that_they_were_read(
    visit, step_in
):
    page = step_in("ewan")
    page.goto("/first-looks/")
    for look in [link.get_attribute("href") for link in page.locator("main tbody a").all()]:
        page.goto(look)
        page.locator("main a", has_text="Open the child").click()
        say_why(page)
        hand = Clicks(page)
        hand.on(page.get_by_role("link", name="Share", exact=True))
        times_missing = page.locator(
            "main .govuk-checkboxes__item", has_text=re.compile(r"^\s*Missing\b")
        ).all()
        if len(times_missing) >= 3:
            break
    for item in times_missing[:3]:
        hand.on(item.locator("label").first)
    told = page.locator("select[name=recipient]")
    hand.choose(told, told.locator("option", has_text="Nia Farrow").get_attribute("value"))
    page.locator("textarea[name=reason]").fill(
        "The child goes missing into their district; they protect it there."
    )
    page.locator("textarea[name=told_words]").fill(
        "Not told yet: the mother hears it at the visit on Tuesday."
    )
    expect(page.locator("#leaves tbody tr")).to_have_count(3)
    picture(page, "share", page.locator("#leaves"))
    hand.on(page.get_by_role("button", name="Send"))
    page.wait_for_url(re.compile(rf"/sharing/{UUID}/$"))
    assert hand.done == 6
    here = page.url
    assert "Not opened yet" in page.locator("main").inner_text()

    other = visit()
    step_in("nia", other)
    other.locator(f"a[href='{here.removeprefix(address(page))}']").first.click()
    assert "Shared with you" in other.locator("h1").inner_text()
    picture(other, "shared-with-you")
    page.reload()
    assert "Opened 2 November 2026" in page.locator("main").inner_text()
    picture(page, "read-receipt")


def test_an_emergency_access_is_taken_noticed_and_reviewed(visit, step_in):
    page = step_in("ewan")
    page.goto("/first-looks/")
    page.locator("main tbody a").nth(1).click()
    page.locator("main a", has_text="Open the child").click()
    say_why(page)
    page.get_by_role("link", name="Records of this child").click()
    reference = page.locator("main").inner_text()
    number = re.search(r"\b999 ?\d{3} ?\d{4}\b|\bLC-\d{4}-\d{6}\b", reference).group()

    doctor = step_in("jun", visit())
    doctor.get_by_role("link", name="Sharing").first.click()
    doctor.get_by_role("link", name="Emergency access").first.click()
    doctor.locator("input[name=number]").fill(number)
    doctor.locator("textarea[name=reason]").fill(
        "Brought in unconscious; nobody of the team answers the telephone."
    )
    picture(doctor, "emergency")
    doctor.get_by_role("button", name="Open the record").click()
    doctor.wait_for_url(re.compile(rf"/children/{UUID}/$"))

    page.goto("/today/")
    notice = page.locator("main tr", has_text="Jun Park").first
    assert "emergency" in notice.inner_text().lower()
    picture(page, "emergency-noticed", notice)

    manager = step_in("grace", visit())
    waiting = manager.locator("main tr", has_text="Jun Park").locator("a[href^='/emergency/']")
    for to_review in [link.get_attribute("href") for link in waiting.all()]:  # another waits already
        manager.goto(to_review)
        if "nobody of the team answers" in manager.locator("main").inner_text():
            break
    manager.locator("input[name=outcome]").first.check()
    manager.locator("textarea[name=words]").fill(
        "The team’s telephone was not answered; the record was needed."
    )
    picture(manager, "emergency-review")
    manager.get_by_role("button", name="Keep the review").click()
    assert "The review is kept." in manager.locator("body").inner_text()


@pytest.mark.parametrize(
    ("code", "address", "through", "name"),
    [
        ("lena", "/bundles/", "main a[href^='/bundles/']:not([href='/bundles/new/'])", "bundle-asked-for"),
        ("lena", "/access/retention/", "main a[href^='/access/retention/plans/']", "destruction-plan"),
        ("lena", "/breaches/", "main tbody a[href^='/breaches/']", "breach"),
        ("olga", "/access/looks/to-explain/", "main tbody a[href^='/access/looks/to-explain/']", "look-to-explain"),
    ],
)  # fmt: skip
def test_a_lead_comes_from_the_list_to_what_waits_for_them(step_in, code, address, through, name):
    page = step_in(code)
    page.goto(address)
    listed = page.locator("h1").inner_text()
    picture(page, f"{name}-list")
    page.locator(through).first.click()
    page.wait_for_load_state()
    say_why(page)
    assert page.locator("h1").inner_text() != listed
    assert page.locator("main form, main table, main dl").count(), "it says nothing of what waits"
    picture(page, name)
