"""Help: the keys, the journeys in short, what orders each list, and whom to ask."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from engage.practice.access.doors import staff_page

from .today import PARTS

TASKS = (
    (
        "Start a shift",
        "Today shows who is missing, who is back and waits for a return interview, and what waits for you.",
    ),
    (
        "Find a child",
        "Type a name, a nickname, a date of birth, an age, a phone number or a reference into the box on top.",
    ),
    ("Add a child", "Search first. If nobody fits, say why the child is new."),
    (
        "Record a return",
        "Open the child's record and choose “Record a return”. The 72 hours for the interview start.",
    ),
    (
        "First look",
        "Open one from Today, take it, read the reasons, and record your judgement with a next step.",
    ),
    (
        "Decide a pair",
        "Compare two records side by side: same person, not the same, or not sure. It can be undone.",
    ),
    (
        "Read a letter",
        "Those who answer the phone line find what people outside wrote under Letters, and say which they opened.",
    ),
    (
        "Reach a child safely",
        "Open the record, Safe contact: the way that is safe now stands on top. Letters and calls start from there.",
    ),
    (
        "Somebody asks what is held",
        "Tell the information-governance lead or the manager the same day, by whatever route it came: a month runs. They"
        " open it under Sharing, Requests to see what is held.",
    ),
    (
        "Send a file",
        "Choose Files, drag the file in, look at the preview, then hand it in. The receipt counts each row.",
    ),
)
KEYS = (
    ("1 to 9", "Open the row with that number"),
    ("j, k", "Next row, previous row"),
    ("Enter", "Open the row"),
    ("/", "Go to search"),
    ("?", "Show the keys of this page"),
)


@require_safe
@staff_page("help")
def help_page(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(
        request,
        "desk/help.html",
        {
            "current_section": "help",
            "tasks": TASKS,
            "keys": KEYS,
            "orders": [(part.title, part.order) for part in PARTS],
        },
    )
