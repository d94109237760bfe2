"""The bundle as a PDF: what was redacted is not in the file, and the same bundle gives the same bytes.

A black bar over a text leaves the text in the file, and a bar as long as the word tells the word. Here the text never
reaches the program that sets the page.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import typst
from django.conf import settings

from engage.govuk.london_time import date_words, in_london
from engage.practice.access.gate import NotPermitted
from engage.reference import withholding_reasons

from .models import Bundle, SubjectRequest
from .queries import Leaving

PAGE = Path(__file__).with_name("bundle.typ")
JOINERS = {"\u200d", "\ufe0f", "\ufe0e"}  # between the parts of one emoji
COMPLAIN = (
    "Write to us first, with the register number above: somebody who did not prepare this copy looks at it again.",
    "You can complain to the Information Commissioner’s Office at any time: ico.org.uk, telephone 0303 123 1113,"
    " Wycliffe House, Water Lane, Wilmslow SK9 5AF. You can also ask a court.",
)
BY_NOTICE = ("The solicitor to the inquiry may ask for what is withheld, with the notice’s reference.",)


def mark(bundle: Bundle, request: SubjectRequest) -> str:
    """On every page: for whom it is, and its number in the register."""
    return f"For {request.asked_by}, {bundle.number}"


def cover(
    bundle: Bundle, request: SubjectRequest, items: Sequence[Leaving], gone: Mapping[str, tuple[int, int]]
) -> dict:
    """What the first page says; the second reader reads the same."""
    redacted = sum(None in item.parts for item in items)
    rows = [
        ("About", bundle.child),
        ("For", request.asked_by),
        *([("By notice", request.notice)] if request.notice else []),
        ("Asked", date_words(request.received_on)),
        ("Answered by", request.agency.name),
        ("Register number", f"{bundle.number}, edition {bundle.edition}"),
    ]
    return {
        "title": "Copy of information held",
        "cover": rows,
        "included": [
            f"{_counted(len(items), 'item')}, in the words of who told them"
            + (f". In {redacted} of them a part is redacted." if redacted else ", none of them redacted."),
            "A black mark says that something was taken out. It is of one width, however much that was.",
        ],
        "withheld": withheld_words(gone) or ["Nothing is withheld of what was gathered for this copy."],
        "complain": list(BY_NOTICE if request.kind == SubjectRequest.Kind.INQUIRY else COMPLAIN),
    }


def withheld_words(gone: Mapping[str, tuple[int, int]]) -> list[str]:
    """A sentence for each reason that may be told apart."""
    by_words: dict[str, tuple[int, int]] = {}
    for code, (whole, parts) in gone.items():
        words = withholding_reasons()[code].told_as
        before = by_words.get(words, (0, 0))
        by_words[words] = (before[0] + whole, before[1] + parts)
    return [f"{_how_much(whole, parts)}: {words}" for words, (whole, parts) in by_words.items()]


def printed(
    bundle: Bundle, request: SubjectRequest, items: Sequence[Leaving], gone: Mapping[str, tuple[int, int]]
) -> bytes:
    assert bundle.finished_at is not None, "what is not finished is not printed"
    day = in_london(bundle.finished_at).date()
    told = cover(bundle, request, items, gone) | {
        "agency": request.agency.name,
        "mark": mark(bundle, request),
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "items": [
            {
                "title": f"{item.place}. {item.what}",
                "parts": list(item.parts),
                "source": ". ".join(filter(None, (f"Told by {item.told_by}", item.when))),
            }
            for item in items
        ],
    }
    try:
        made = typst.compile(
            PAGE,
            root=PAGE.parent,
            # The program brings its own fonts: the same page on every machine. A folder adds those of other scripts.
            ignore_system_fonts=True,
            font_paths=[Path(settings.FONTS_FOLDER)] if settings.FONTS_FOLDER else [],
            format="pdf",
            sys_inputs={"told": in_letters(json.dumps(told, ensure_ascii=False))},
            # Refuses a letter that no font has, which would otherwise be an empty box.
            pdf_standards="ua-1",
        )
    except typst.TypstError as problem:
        raise NotPermitted(
            "It holds a letter that no font of ours can show, so no PDF can be made of it. Ask your administrator to add a"
            " font of its script (ENGAGE_FONTS_FOLDER)."
        ) from problem
    return made


def in_letters(text: str) -> str:
    """Emoji and the like by their names, in brackets: what a child put into one is told, whatever fonts there are."""
    return "".join(
        f"[{unicodedata.name(letter, 'symbol').lower()}]"
        if ord(letter) >= 0x2000 and unicodedata.category(letter) in ("So", "Cn", "Co")
        else ""
        if letter in JOINERS or unicodedata.name(letter, "").startswith("EMOJI MODIFIER")
        else letter
        for letter in text
    )


def _how_much(whole: int, parts: int) -> str:
    said = []
    if whole:
        said.append(f"{_counted(whole, 'item')} left out")
    if parts:
        said.append(f"parts of {_counted(parts, 'item')} redacted")
    return " and ".join(said).capitalize()


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
