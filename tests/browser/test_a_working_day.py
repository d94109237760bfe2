"""What a colleague does in a day, with the keyboard alone; and that it works without scripts, twice, and for two."""

import csv
import re

import pytest
from tests.browser.conftest import CHILDREN, OTHERS, SEED

from engage.demo.building import FILES

UUID = "[0-9a-f]{8}-[0-9a-f-]{27}"
FOCUS_CAN_BE_SEEN = """() => {
  const style = getComputedStyle(document.activeElement)
  const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
  return outline || style.boxShadow !== 'none' || style.backgroundColor === 'rgb(255, 221, 0)'
}"""


def tab_to(page, selector: str, most: int = 150) -> None:
    """Press Tab until the focus stands on what `selector` names; on the way it can be seen everywhere."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue
        assert page.evaluate(FOCUS_CAN_BE_SEEN), page.evaluate("document.activeElement.outerHTML")[:200]
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"Tab never came to {selector} on {page.url}")


def write(page, selector: str, words: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(words)


def write_date(page, name: str, *parts: str) -> None:
    for number, part in enumerate(parts):
        write(page, f"#id_{name}_{number}", part)


def step_in_by_keyboard(page, code: str):
    page.goto("/step-in/")
    tab_to(page, f"button[value={code}]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today/")
    return page


def press(page, key: str, leads_to: str) -> None:
    page.locator("body.js-enabled").wait_for()
    page.keyboard.press(key)
    page.wait_for_url(re.compile(leads_to))


def say_why(page) -> None:
    """The door of a child's page asks once, and somebody may have answered; then the page stands at the same address."""
    if "Why do you open this record?" not in page.locator("h1").inner_text():
        return
    tab_to(page, "main button[value=protect_this_child]")
    page.keyboard.press("Enter")
    # By what is on the page: a script asked to wait looks again by itself, which the page's own policy forbids.
    page.locator("h1").filter(has_not_text="Why do you open this record?").wait_for()
    page.wait_for_load_state()


def decide_by_keyboard(page, reason: str) -> None:
    tab_to(page, "input[name=level]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    write(page, "textarea[name=reason]", reason)
    write(page, "textarea[name=next_step]", "Ewan rings the school on Tuesday.")
    write_date(page, "review_on", "16", "11", "2026")


def open_a_first_look_nobody_has(page) -> str:
    """From the list, by the number of its row. Returns the address of the child's record."""
    page.goto("/first-looks/?state=nobody")
    press(page, "1", rf"/first-looks/{UUID}/$")
    return page.locator("main a", has_text="Open the child").get_attribute("href")


def test_journey_1_a_shift_starts_with_who_is_missing_and_each_row_is_one_key_away(page):
    step_in_by_keyboard(page, "ewan")
    link = page.locator("#part-missing tbody tr").nth(1).locator("a")
    name, address = link.inner_text(), link.get_attribute("href")
    press(page, "2", address)
    say_why(page)
    assert page.locator("h1").inner_text() in name
    assert "Missing now" in page.locator("main").inner_text()
    tab_to(page, ".govuk-breadcrumbs__link")
    page.keyboard.press("Enter")
    page.wait_for_url("**/today/")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('tr') === document.querySelector('tbody tr')")
    assert page.evaluate(FOCUS_CAN_BE_SEEN)


def test_journey_4_a_new_child_says_why_and_is_then_found_by_a_nickname_and_by_a_part(page):
    step_in_by_keyboard(page, "ewan")
    page.keyboard.press("/")
    page.keyboard.type("Katherine Quillfeather 13")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/")
    tab_to(page, "main a[href='/children/new/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/children/new/")
    write(page, "#id_forenames", "Katherine")
    write(page, "#id_surname", "Quillfeather")
    write(page, "#id_age", "13")
    tab_to(page, "main button[value=find]")
    page.keyboard.press("Enter")
    page.locator("text=None of these?").wait_for()
    write(page, "textarea[name=new_because]", "Her aunt rang: no agency has met her yet.")
    tab_to(page, "main button[value=create]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/children/{UUID}/$"))
    record = page.url
    for typed, because in (("kate quillfeather", "form of Katherine"), ("quillfeather", "urname agrees")):
        page.keyboard.press("/")
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.locator("main tbody tr").first.wait_for()
        found = page.locator("tbody tr", has_text="Katherine Quillfeather")
        assert because in found.inner_text()
        assert typed.split()[-1] not in page.url
        page.evaluate("document.activeElement.blur()")
        press(page, "1", rf"/children/{UUID}/$")
        assert page.url == record


def test_journey_6_a_return_starts_72_hours_and_a_colleagues_today_shows_it_by_itself(page, visit):
    step_in_by_keyboard(page, "amir")
    row = page.locator("#part-missing tbody tr").first
    episode = row.get_attribute("id").removeprefix("missing-")
    colleague = step_in_by_keyboard(visit(), "ewan")
    at_his = colleague.locator(f"#missing-{episode}")
    at_his.wait_for()

    press(page, "1", rf"/children/{UUID}/$")
    say_why(page)
    press(page, "r", rf"/episodes/{UUID}/return/$")
    tab_to(page, "input[name=known]")
    page.keyboard.press("Space")
    write_date(page, "returned_at", "2", "11", "2026", "8:45am")
    tab_to(page, "input[name=checked]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "main form button.govuk-button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/episodes/{UUID}/$"))
    said = page.locator("main").inner_text()
    assert "The return is recorded" in said
    assert "5 November 2026 at 8:45am" in said  # 72 elapsed hours

    at_his.wait_for(state="detached", timeout=45_000)


def test_a_first_look_is_opened_from_today_taken_decided_and_stands_on_the_childs_record(page):
    step_in_by_keyboard(page, "ewan")
    for _ in range(60):
        page.keyboard.press("j")
        if page.evaluate("document.activeElement.matches('#part-looks a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/first-looks/{UUID}/$"))
    record = page.locator("main a", has_text="Open the child").get_attribute("href")
    assert page.locator("main table").first.locator("tbody tr").count() > 0, "no reason is shown"
    page.keyboard.press("t")
    page.locator("text=You have taken this first look").wait_for()
    page.keyboard.press("d")
    decide_by_keyboard(page, "Picked up twice by somebody older whom nobody could name.")
    tab_to(page, "main form button.govuk-button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/first-looks/(#decide)?$"))
    assert "Your judgement is recorded" in page.locator("main").inner_text()
    page.goto(record)
    say_why(page)
    said = page.locator("main").inner_text()
    assert "Suspected" in said and "Picked up twice" in said
    assert "16 November 2026" in said and "Ewan Pickup" in said


def test_a_judgement_sent_twice_is_one_judgement(page):
    step_in_by_keyboard(page, "ewan")
    record = open_a_first_look_nobody_has(page)
    page.keyboard.press("t")
    page.locator("text=You have taken this first look").wait_for()
    decide_by_keyboard(page, "Said twice by an impatient hand.")
    form = page.evaluate(
        "Object.fromEntries(new FormData(document.querySelector('textarea[name=reason]').form))"
    )
    address = page.url
    for _ in range(2):
        assert page.request.post(address, form=form, headers={"Referer": address}).ok
    page.goto(record)
    say_why(page)
    assert page.locator(".desk-judgement", has_text="impatient hand").count() == 1


@pytest.mark.parametrize(
    ("key", "saved"), [("n", "not the same person"), ("u", "not sure"), ("s", "the same person")]
)
def test_a_pair_is_decided_by_one_key_with_its_reason_and_taken_back(page, key, saved):
    step_in_by_keyboard(page, "ewan")
    page.goto("/pairs/")
    press(page, "1", rf"/pairs/{UUID}/$")
    page.keyboard.press(key)
    page.locator(".govuk-error-summary").wait_for()  # a judgement without a reason is asked for it
    reason = f"Known to me as I pressed {key}."
    write(page, "textarea[name=reason]", reason)
    page.keyboard.press("Tab")
    page.keyboard.press(key)
    done = page.locator(".govuk-notification-banner--success")
    done.wait_for()
    assert saved in done.inner_text().lower()
    tab_to(page, ".govuk-notification-banner__link")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/children/{UUID}/records/$"))
    say_why(page)
    mine = page.locator("main li", has_text=reason)
    address = mine.locator("a").get_attribute("href")
    tab_to(page, f"a[href='{address}']")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/undo/$"))
    write(page, "textarea[name=reason]", "I pressed the wrong key.")
    tab_to(page, "main form button.govuk-button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/mixtures/{UUID}/$" if key == "s" else "/records/$"))
    assert "was taken back" in page.locator("main").inner_text()
    if key == "s":  # they stood as one, and somebody opened them so: who, and what to do about it
        tab_to(page, "main form button.govuk-button")
        page.keyboard.press("Enter")
        page.get_by_text("You have looked through").first.wait_for()
        page.goto(address.split("/records/")[0] + "/records/")
    assert page.locator("main li", has_text=reason).locator("a").count() == 0


def test_a_file_is_previewed_received_by_the_job_worker_and_has_a_receipt_that_adds_up(
    page, demo_database, tmp_path
):
    (source,) = FILES.glob(f"{demo_database}-{SEED}-*-{CHILDREN}-{OTHERS}/police-missing-1.csv")
    with source.open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.reader(handle))
    sent = tmp_path / "three-rows.csv"
    with sent.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([rows[0], *rows[2:4], ["", *rows[1][1:]]])

    step_in_by_keyboard(page, "amir")
    page.goto("/files/hand-in/")
    tab_to(page, "input[name=format]")
    page.keyboard.press("Space")
    while page.locator("input[name=format]:checked").get_attribute("value") != "police-missing":
        page.keyboard.press("ArrowDown")
    page.set_input_files("input[type=file]", sent)
    assert re.search(r"three-rows\.csv, \d+ (bytes|kB)", page.locator("main form").inner_text())
    tab_to(page, "main form button.govuk-button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/files/hand-in/{UUID}/$"))
    assert "What would change" in page.locator("main").inner_text()
    tab_to(page, "main form button.govuk-button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/files/{UUID}/$"), timeout=90_000)
    told = dict(
        zip(
            page.locator("main dt").all_inner_texts(), page.locator("main dd").all_inner_texts(), strict=False
        )
    )
    outcomes = ("Applied", "Unchanged", "Rejected", "Held for a person")
    assert int(told["Rows received"]) == 3 == sum(int(told[outcome]) for outcome in outcomes)
    assert int(told["Rejected"]) + int(told["Held for a person"]) == 1


DROPPED = """(panel, name) => {
  const carried = new DataTransfer()
  carried.items.add(new File(['report_ref,surname\\nLP/9,Brook\\n'], name))
  for (const kind of ['dragenter', 'dragover', 'drop']) {
    panel.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }))
  }
}"""


def test_a_file_is_dropped_on_its_panel(page):
    step_in_by_keyboard(page, "amir")
    page.goto("/files/hand-in/")
    panel = page.locator("[data-drop-zone]")
    panel.evaluate(DROPPED, "dropped.csv")
    assert "dropped.csv, 30 bytes" in panel.inner_text()
    page.locator("input[value=police-missing]").check()
    page.locator("main form button.govuk-button").click()
    page.wait_for_url(re.compile(rf"/files/hand-in/{UUID}/$"))
    assert "dropped.csv" in page.locator("main").inner_text()


def test_all_of_it_works_without_scripts(visit):
    page = visit(java_script=False)
    page.goto("/step-in/")
    page.locator("button[value=farah]").click()
    page.wait_for_url("**/today/")
    row = page.locator("#part-missing tbody a").first
    name = row.inner_text()
    page.fill("#site-search", name)
    page.locator("header form[role=search] button").click()
    page.wait_for_url("**/search/")
    assert name.split()[-1] in page.locator("main tbody").inner_text()
    page.goto("/first-looks/?state=nobody")
    page.locator("tbody a").first.click()
    page.locator("button", has_text="Take this first look").click()
    page.locator("input[name=level]").nth(1).check()
    page.fill("textarea[name=reason]", "Decided without a script.")
    page.fill("textarea[name=next_step]", "Farah visits on Friday.")
    for number, part in enumerate(("20", "11", "2026")):
        page.fill(f"#id_review_on_{number}", part)
    record = page.locator("main a", has_text="Open the child").get_attribute("href")
    page.locator("button", has_text="Record the judgement").click()
    page.wait_for_url("**/first-looks/")
    page.goto(record)
    page.locator("button", has_text="Protect this child").click()
    assert "Decided without a script." in page.locator("main").inner_text()
