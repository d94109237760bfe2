"""Agreements, what a change of one would do, and why somebody may see something: as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.html import format_html_join

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import moment_words
from engage.reference import categories

from .doors import ROLE_NAMES
from .effect import Line
from .explaining import SHOWN_LABELS, WAYS, Answer, CategoryAnswers, MaySee
from .models import AgreementProposal, AgreementTerms, Label, SharingAgreement, SignOut
from .policy import PURPOSES, rules_by_name

# How a set of `reach.SETS` lets see: read after "records of".
WAYS_OF_SETS = {
    "any_child": "any child",
    "in_area": "any child in the area of their team",
    "in_circle": "children with whom they work",
    "named_child": "restricted children for whom they are named",
    "may_add": "may be added",
}
STATE_COLOURS = {
    "proposed": "blue", "approved_once": "yellow", "activated": "green", "refused": "red", "withdrawn": "grey",
}  # fmt: skip


def one_a_line(words: Iterable[object]) -> str:
    return format_html_join("\n", "<div>{}</div>", ((one,) for one in words))


def named(codes: Iterable[str]) -> list[str]:
    return [f"{code} {categories()[code]}" for code in codes]


def purposes_in_words(purposes: Iterable[str]) -> str:
    return ", ".join(words for name, words in PURPOSES.items() if name in set(purposes))


def versions_table(
    caption: str, versions: Sequence[SharingAgreement], empty: str, *, small: bool = False
) -> Table:
    return Table(
        caption,
        [Column("Agreement"), Column("From"), Column("Until"), Column("Signed by")],
        [
            Row(
                [
                    Cell(one.title, href=f"/access/agreements/{one.code}/", secondary=f"{one.code}, version {one.version}"),
                    moment_words(one.starts_at),
                    Cell(moment_words(one.in_force_until), secondary=_why_ended(one)),
                    one.signed_by,
                ]
            )
            for one in versions
        ],
        empty,
        key_rows=not small,
        sentences=small,
    )  # fmt: skip


def _why_ended(one: SharingAgreement) -> str:
    return f"As signed until {moment_words(one.ends_at)}" if one.in_force_until != one.ends_at else ""


def proposals_table(caption: str, proposals: Sequence[AgreementProposal], empty: str) -> Table:
    return Table(
        caption,
        [Column("What"), Column("Proposed"), Column("State")],
        [
            Row(
                [
                    Cell(one.title, href=f"/access/proposals/{one.pk}/", secondary=f"{one.get_kind_display()}, {one.code}"),
                    Cell(moment_words(one.proposed_at), secondary=one.proposed_by.name),
                    Cell(one.get_state_display(), colour=STATE_COLOURS[one.state]),
                ]
            )
            for one in proposals
        ],
        empty,
    )  # fmt: skip


def terms_rows(terms: AgreementTerms) -> list[SummaryRow]:
    return [
        SummaryRow("Whose records", one_a_line(one.name for one in terms.owners.all())),
        SummaryRow("Who receives", one_a_line(one.name for one in terms.recipients.all())),
        SummaryRow("Categories", one_a_line(named(terms.categories))),
        SummaryRow("Purposes", purposes_in_words(terms.purposes)),
        SummaryRow("Lawful basis", terms.lawful_basis),
        SummaryRow("From", moment_words(terms.starts_at)),
        SummaryRow("Until", f"{moment_words(terms.ends_at)}, when it is no longer in force"),
        SummaryRow("Signed by", terms.signed_by),
    ]


def history_rows(one: AgreementProposal) -> list[SummaryRow]:
    rows = [
        SummaryRow("Proposed", f"{one.proposed_by.name}, {moment_words(one.proposed_at)}"),
        SummaryRow("Why", one.reason),
    ]
    for word, who, at in (
        ("First approval", one.first_approver, one.first_approved_at),
        ("Second approval", one.second_approver, one.second_approved_at),
    ):
        if who:
            rows.append(SummaryRow(word, f"{who.name}, {moment_words(at)}"))
    if one.closed_by:
        rows.append(
            SummaryRow(
                one.get_state_display(),
                f"{one.closed_by.name}, {moment_words(one.closed_at)}: {one.closed_because}",
            )
        )
    return rows  # fmt: skip


def effect_tables(lines: Sequence[Line]) -> list[Table]:
    """Who gains, and who loses."""
    return [
        _effect_table(
            "Who gains what", [one for one in lines if one.turn == "gains"], "Nobody gains anything."
        ),
        _effect_table(
            "Who loses what", [one for one in lines if one.turn == "loses"], "Nobody loses anything."
        ),
    ]


def _effect_table(caption: str, lines: Sequence[Line], empty: str) -> Table:
    return Table(
        caption,
        [Column("Who"), Column("What"), Column("Of whom"), Column("Purposes"), Column("From, until")],
        [
            Row(
                [
                    Cell(ROLE_NAMES.get(one.role, one.role), secondary=one.agency),
                    Cell(_what(one), secondary=one_a_line(_codes(one.categories))),
                    Cell(_of_whom(one), secondary=one_a_line(one.owners)),
                    purposes_in_words(one.purposes),
                    Cell(
                        moment_words(one.starts_at) if one.starts_at else "At once",
                        secondary=_until(one.ends_at),
                    ),
                ]
            )
            for one in lines
        ],
        empty,
        sentences=True,
    )


def _until(moment: datetime) -> str:
    return "without an end" if moment.year == 9999 else f"until {moment_words(moment)}"


def _what(line: Line) -> str:
    return f"{label_words(line.labels)} rows".capitalize()


def label_words(labels: Iterable[str]) -> str:
    order = [str(one) for one in SHOWN_LABELS] + ["sealed"]
    return " and ".join(sorted(labels, key=order.index))


def _of_whom(line: Line) -> str:
    return WAYS_OF_SETS[line.way].capitalize()


def _codes(codes: Sequence[str]) -> list[str]:
    """Three in words; of more the numbers, which are explained below the table."""
    return named(codes) if len(codes) <= 3 else [", ".join(codes)]


def numbers_table(codes: Iterable[str]) -> Table:
    return Table(
        "What the numbers mean",
        [Column("Category"), Column("What it holds")],
        [Row([code, categories()[code]]) for code in sorted(set(codes))],
        caption_hidden=True,
        sentences=True,
    )


def what_may_see_table(answers: Sequence[CategoryAnswers]) -> Table:
    return Table(
        "By category of data",
        [Column("Category"), Column("Own agency's records"), Column("Other agencies' records")],
        [Row([f"{one.category} {one.title}", _own(one.own), _others(one.others)]) for one in answers],
        sentences=True,
    )


def _own(answer: Answer) -> Cell:
    return Cell(_yes_or_no(answer), colour=_colour(answer), secondary=_because(answer))


def _others(answers: Sequence[Answer]) -> Cell:
    if not answers:
        return Cell("No", colour="grey", secondary="No agreement in force names this category: no-agreement")
    said = [f"{'; '.join(one.named for one in answer.agreements)}. {_because(answer)}" for answer in answers]
    return Cell(_yes_or_no(answers[0]), colour=_colour(answers[0]), secondary=one_a_line(said))


def _yes_or_no(answer: Answer) -> str:
    return f"Yes: {label_words(answer.labels)}" if answer.labels else "No"


def _colour(answer: Answer) -> str:
    return "green" if answer.labels else "grey"


def _because(answer: Answer) -> str:
    letter = f"letter {answer.letter}" if answer.letter else "no letter"
    return ", ".join([letter, *answer.rules]) if answer.rules else f"{letter}; no rule allows it"


def rules_table(names: Iterable[str]) -> Table:
    return Table(
        "The rules named above",
        [Column("Rule"), Column("What it says"), Column("Law")],
        [Row(line) for line in rules_by_name(names)],
        "No rule was asked.",
        sentences=True,
    )


def who_may_see_table(found: Sequence[MaySee]) -> Table:
    return Table(
        "Who may see such rows",
        [Column("Who"), Column("Of whom"), Column("Purposes"), Column("Why")],
        [
            Row(
                [
                    Cell(
                        ROLE_NAMES.get(one.role, one.role),
                        secondary=one_a_line([one.agency, f"{one.people} at work" if one.people else ""]),
                    ),
                    one_a_line(WAYS[way].capitalize() for way in one.ways),
                    purposes_in_words(one.purposes),
                    Cell(
                        one_a_line(each.named for each in one.agreements) or "One's own agency's records",
                        secondary=", ".join(one.rules),
                    ),
                ]
            )
            for one in found
        ],
        "Nobody at work may see such rows.",
        sentences=True,
    )


def label_named(label: str) -> str:
    return str(Label(label).label)


def sessions_ended(one: SignOut) -> str:
    return "one session ended" if one.sessions == 1 else f"{one.sessions} sessions ended"


def sign_outs_table(made: Iterable[SignOut]) -> Table:
    return Table(
        "Signed out by somebody else",
        [Column("Whom"), Column("When"), Column("By"), Column("Why")],
        [
            Row(
                [
                    one.staff.name if one.staff else one.agency.name if one.agency else "",
                    Cell(moment_words(one.at), secondary=sessions_ended(one)),
                    one.by.name,
                    one.reason,
                ]
            )
            for one in made
        ],
        "Nobody was.",
        sentences=True,
    )
