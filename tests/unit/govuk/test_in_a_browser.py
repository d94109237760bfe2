"""What the components' own script does, in a real browser under the strict Content-Security-Policy."""

import mimetypes
import threading
import time
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from django import forms
from django.contrib.staticfiles import finders
from playwright.sync_api import Page as Tab
from tests.unit.govuk.reading_pages import render

from engage.govuk.components import Cell, Column, ComparedFact, Comparison, Row, Table
from engage.govuk.forms import GovukForm, LondonDateTimeField, LongTextField

pytestmark = pytest.mark.browser

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SIGNED_IN = {"name": "Sam Example", "role": "Social worker", "agency": "Example Council"}


class Return(GovukForm):
    returned_at = LondonDateTimeField(label="When the child came back")
    interview = forms.ChoiceField(
        choices=[("held", "Held"), ("declined", "Declined")], widget=forms.RadioSelect
    )
    because = forms.CharField(label="Why it was declined")
    said = LongTextField(label="What the child said", max_length=200)
    file = forms.FileField(label="File", widget=forms.FileInput)
    reveals = {"interview": {"declined": ["because"]}}


def page(body: str, **context: object) -> str:
    return render(
        "{% extends 'govuk/layout.html' %}{% load govuk %}{% block title %}Sample{% endblock %}"
        "{% block content %}<h1 class='govuk-heading-l'>Sample</h1>" + body + "{% endblock %}",
        signed_in=SIGNED_IN,
        **context,
    )


def pages() -> dict[str, str]:
    rows = [Row([Cell(name, href=f"/{name}/"), "High"], name) for name in ("ada", "bilal", "chloe")]
    missing = Table("Missing now", [Column("Child", sort_key="name"), Column("Grade")], rows, key_rows=True)
    facts = [
        ComparedFact("Name", "Kate", "Katherine", "near"),
        ComparedFact("Postcode", "", "BB1", "one_side"),
    ]
    opened = {f"/{name}/": page("opened", back_link="/") for name in ("ada", "bilal", "chloe")}
    return {
        "/": page("{% govuk_poll '/part/' 'missing' 1 %}{% govuk_table t %}{% endgovuk_poll %}", t=missing),
        "/signed-out/": page(
            "{% govuk_poll '/to-sign-in/' 'missing' 1 %}{% govuk_table t %}{% endgovuk_poll %}", t=missing
        ),
        "/form/": page("{% govuk_form f %}", f=Return(), back_link="/"),
        "/refused/": page("{% govuk_form f %}", f=Return({}), form=Return({})),
        "/pair/": page(
            "{% govuk_comparison c %}<form method='post' action='/decided/'>{% govuk_button 'Same' key='s' %}</form>",
            c=Comparison("Same child?", "Police", "School", facts),
        ),
        "/decided/": page("decided"),
        "/search/": page("found"),
        **opened,
    }


class Site:
    """Serves the sample pages and the static files; remembers what was asked.

    `/part/` always fails; `/to-sign-in/` sends the browser elsewhere, as when a session has ended.
    """

    def __init__(self) -> None:
        self.pages, self.asked = pages(), []
        self.server = make_server("127.0.0.1", 0, self, handler_class=Quiet)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/static/"):
            found = finders.find(path.removeprefix("/static/"))
            start_response("200 OK", [("Content-Type", mimetypes.guess_type(path)[0] or "text/plain")])
            with open(found, "rb") as file:
                return [file.read()]
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.asked.append((environ["REQUEST_METHOD"], path))
        if path == "/to-sign-in/":
            start_response("302 Found", [("Location", "/search/")])
            return []
        if environ["REQUEST_METHOD"] == "POST":
            time.sleep(0.6)  # long enough for an impatient second press
        status = "200 OK" if path in self.pages else "503 Service Unavailable"
        start_response(
            status, [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", STRICT)]
        )
        return [self.pages.get(path, "").encode()]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site():
    running = Site()
    yield running
    running.server.shutdown()


@pytest.fixture
def tab(browser, site):
    site.asked.clear()
    context = browser.new_context(base_url=site.address)
    opened = context.new_page()
    opened.problems = []
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    opened.on("console", lambda line: opened.problems.append(line.text) if line.type == "error" else None)
    yield opened
    context.close()


def visit(tab: Tab, path: str) -> None:
    tab.goto(path, wait_until="networkidle")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["/", "/form/", "/refused/", "/pair/"])
def test_a_page_has_no_axe_finding_no_blocked_script_and_no_sideways_scroll(tab, path, width):
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto(path, wait_until="load")
    tab.wait_for_selector("body.govuk-frontend-supported")
    findings = Axe().run(tab).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in findings] == []
    assert [problem for problem in tab.problems if "/part/" not in problem and "503" not in problem] == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width


def test_a_number_key_opens_its_row(tab):
    tab.goto("/")
    tab.wait_for_selector(".engage-key")
    tab.keyboard.press("2")
    tab.wait_for_url("**/bilal/")


def test_j_and_k_move_between_rows_and_enter_opens(tab):
    tab.goto("/")
    tab.wait_for_selector(".engage-key")
    for key in "jjjk":
        tab.keyboard.press(key)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/bilal/")


def test_a_key_typed_into_a_box_is_only_a_letter(tab):
    tab.goto("/")
    tab.wait_for_selector(".engage-key")
    tab.keyboard.press("/")
    tab.keyboard.type("j1?")
    assert tab.input_value("#site-search") == "j1?"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search/")


def test_the_list_of_keys_names_those_of_the_page_and_can_switch_them_off(tab, site):
    visit(tab, "/pair/")
    tab.keyboard.press("?")
    assert "Same" in tab.inner_text("#key-help")
    tab.click("label[for=use-keys]")
    tab.keyboard.press("Escape")
    tab.keyboard.press("s")
    tab.reload(wait_until="networkidle")
    tab.keyboard.press("s")
    tab.wait_for_timeout(200)
    assert ("POST", "/decided/") not in site.asked


def test_a_form_is_sent_once_however_often_its_button_is_pressed(tab, site):
    visit(tab, "/pair/")
    tab.evaluate(
        "() => { const press = () => document.querySelector('[data-key=s]')?.click();"
        " press(); setTimeout(press, 200) }"
    )
    tab.wait_for_url("**/decided/")
    tab.wait_for_load_state("networkidle")
    assert site.asked.count(("POST", "/decided/")) == 1


def test_a_key_presses_its_button(tab):
    visit(tab, "/pair/")
    tab.keyboard.press("s")
    tab.wait_for_url("**/decided/")


@pytest.mark.parametrize("path", ["/", "/signed-out/"])
def test_a_list_that_cannot_be_refreshed_stays_and_says_so(tab, path):
    tab.goto(path)
    tab.wait_for_selector("[data-poll-status]:not(:empty)")
    assert "could not be refreshed" in tab.inner_text("[data-poll-status]")
    assert "ada" in tab.inner_text("#missing")


def test_a_question_is_revealed_with_its_option(tab):
    visit(tab, "/form/")
    assert not tab.is_visible("[name=because]")
    tab.click("text=Declined")
    assert tab.is_visible("[name=because]")
    tab.click("text=Held")
    assert not tab.is_visible("[name=because]")


def test_an_error_takes_the_focus_and_its_link_leads_to_the_box(tab):
    visit(tab, "/refused/")
    assert "govuk-error-summary" in tab.evaluate("document.activeElement.className")
    tab.click("text=Enter what the child said >> nth=0")
    assert tab.evaluate("document.activeElement.name") == "said"
