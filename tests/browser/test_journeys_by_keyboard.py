"""The daily journeys without a mouse: only keys are pressed after stepping in."""

import re

import pytest


def tab_to(page, selector: str, most: int = 120) -> None:
    """Press Tab until the focus is on what `selector` names, as somebody without a mouse does."""
    for _ in range(most):
        if page.evaluate(
            "wanted => document.activeElement && document.activeElement.matches(wanted)", selector
        ):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {selector} on {page.url}")


def fill(page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def press(page, key: str) -> None:
    """Press a key of the page, away from any field."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    page.keyboard.press(key)


def test_journey_1_the_child_missing_longest_is_one_key_away_from_today(step_in):
    page = step_in("ewan")
    first = page.locator("main table").first.locator("tbody tr").first
    name = first.locator("a").first.inner_text()
    press(page, "1")
    page.wait_for_url(re.compile(r"/children/"))
    assert name.split()[-1] in page.locator("h1").inner_text()
    assert "Missing now" in page.locator("main").inner_text()


def test_journey_4_a_child_is_found_from_the_search_box_with_the_reasons_in_words(step_in):
    page = step_in("ewan")
    name = page.locator("main table").first.locator("tbody tr a").first.inner_text()
    press(page, "/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/")
    results = page.locator("main").inner_text()
    assert name.split()[-1] in results
    assert "name" in results.lower()
    assert name not in page.url


def test_journey_6_a_return_is_recorded_and_the_interview_clock_starts(step_in):
    page = step_in("amir")
    press(page, "1")
    page.wait_for_url(re.compile(r"/children/"))
    press(page, "r")
    page.wait_for_url(re.compile(r"/episodes/.*/return/"))
    tab_to(page, "input[name=known]")
    page.keyboard.press("Space")
    fill(page, "input[name=returned_at_day]", "2")
    fill(page, "input[name=returned_at_month]", "11")
    fill(page, "input[name=returned_at_year]", "2026")
    fill(page, "input[name=returned_at_time]", "8:30am")
    tab_to(page, "input[name=checked]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "main form button.govuk-button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(episodes|children)/[0-9a-f-]{36}/$"))
    text = page.locator("main").inner_text()
    assert "5 November 2026" in text and "8:30am" in text  # 72 elapsed hours after the return


def test_a_first_look_is_taken_and_decided_and_stands_on_the_childs_record(step_in):
    page = step_in("ewan")
    page.goto("/first-looks/")
    press(page, "1")
    page.wait_for_url(re.compile(r"/first-looks/[0-9a-f-]{36}/"))
    name = page.locator("h1").inner_text()
    press(page, "t")
    page.wait_for_selector("text=Decide")
    tab_to(page, "input[name=level]")
    page.keyboard.press("ArrowDown")
    fill(page, "textarea[name=reason]", "Read with the reasons shown.")
    fill(page, "textarea[name=next_step]", "Speak with the officer in the case.")
    fill(page, "input[name=review_on_day]", "16")
    fill(page, "input[name=review_on_month]", "11")
    fill(page, "input[name=review_on_year]", "2026")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/first-looks/$"))
    assert "Your judgement is recorded" in page.locator("main").inner_text()
    press(page, "/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/")
    assert name.split()[-1] in page.locator("main").inner_text()


@pytest.mark.parametrize("key", ["u"])
def test_a_pair_is_decided_with_one_key(step_in, key):
    page = step_in("ewan")
    page.goto("/pairs/")
    press(page, "1")
    page.wait_for_url(re.compile(r"/pairs/[0-9a-f-]{36}/"))
    fill(page, "textarea[name=reason]", "The names are too common to say.")
    before = page.url
    press(page, key)
    page.wait_for_url(lambda url: url != before)
    assert (
        "recorded" in page.locator("main").inner_text().lower()
        or "kept" in page.locator("main").inner_text().lower()
    )
