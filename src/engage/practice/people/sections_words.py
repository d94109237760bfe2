"""What linking changed lately, how right it was by people's word, and what is hard to link, in words, pictures and tables."""

from __future__ import annotations

from collections.abc import Sequence

from engage.govuk.components import Bar, Bars, Cell, Column, Row, Table
from engage.govuk.london_time import date_words
from engage.methods.linkage.blocking import BLOCK_CAP
from engage.methods.linkage.estimating import FEWEST_TO_SAY, Drift, Share, precision, recall

from . import diagnosis
from .agreeing import ReviewerAgreement
from .sections import Section, number
from .words_lately import Day, Decided, OfAKind

TOO_FEW = "too few to say"
RULES = {
    "nhs_number": "NHS number",
    "upn": "unique pupil number",
    "council_child": "child number of a council",
    "case_reference": "reference of a case",
    "dob": "date of birth",
    "phone": "telephone",
    "surname_given": "surname and given name",
    "swapped": "both names in either order",
    "sounds": "sound of both names",
    "given_birth_year": "given name and year of birth",
    "surname_birth_year": "surname and year of birth",
    "sounds_birth_year": "sound of both names and year of birth",
    "surname_sound_dob_canon": "sound of the surname and date of birth",
    "postcode_given": "postcode and given name",
}


def how_reviewers_agree(found: ReviewerAgreement) -> Section:
    """Below the fewest of which a share says anything, the counts alone."""
    said = [Row(["Put before somebody once more, and answered", number(found.compared + found.unsure)])]
    if found.compared:
        said += [
            Row(["Answered as before", number(found.agreed)]),
            Row(["Answered otherwise", number(found.compared - found.agreed)]),
        ]
    said.append(Row(["Answered “not sure”, of which nothing follows", number(found.unsure)]))
    enough = found.compared >= FEWEST_TO_SAY and found.share is not None
    share = f"{found.share:.0%}, 95 % interval {found.low:.0%} to {found.high:.0%}" if enough else TOO_FEW
    return Section(
        "How well reviewers agree",
        [
            "Some decided pairs are put before another reviewer once more, like any other pair. An answer that agrees"
            " moves nobody; one that does not puts the pair on the list again.",
            f"Answered as before: {share}.",
        ],
        tables=[
            Table(
                "Answers given twice",
                [Column("Pairs"), Column("How many", numeric=True)],
                said,
                caption_size="s",
            )
        ],
    )


def days(days: list[Day]) -> Section:
    columns = (
        ("Records received", "records"),
        ("New people", "new_people"),
        ("Joined by the program", "joined"),
        ("Joined by people", "joined_by_people"),
        ("Known people who became one", "known_before"),
        ("Taken back by the program", "taken_back"),
        ("Taken back or parted by people", "parted_by_people"),
    )
    return Section(
        "Day by day",
        [
            "Linking runs with each file and each record typed in; a day holds all its runs. Joined and taken back are pairs of"
            " records. New people are counted as"
            " they stand now. Where known people became one, all but one of their ids lead on to it from then on."
        ],
        Bars(
            "Pairs joined by the program, by day",
            "joined",
            [Bar(date_words(one.day), one.joined, f"{one.joined:,} pairs") for one in days],
        ),
        [
            Table(
                "What each day changed",
                [Column("Day"), *(Column(title, numeric=True) for title, _ in columns)],
                [Row([date_words(one.day), *(number(getattr(one, name)) for _, name in columns)]) for one in days],
                empty_text="Nothing was said of any record that you may see.",
                caption_size="s",
            )
        ],
    )  # fmt: skip


def fields_moved(found: list[Drift]) -> Section:
    return Section(
        "How far fields moved from the model",
        [
            "Of the pairs that the program joined in the last 31 days, where the field can be compared in both. It joins the"
            " surest pairs, so full agreement stands above the model’s; a field where it falls below, or that moves from one"
            f" month to the next, tells of a feed that changed. A field that fewer than {FEWEST_TO_SAY} pairs compare is left out.",
        ],
        Bars(
            "Share of pairs at another level than the model expects",
            "drift",
            [Bar(one.field, one.moved, f"{one.moved:.0%}") for one in found],
            most=1.0,
        ),
        [
            Table(
                "Fields against the model",
                [
                    Column("Field"),
                    Column("Pairs", numeric=True),
                    Column("Full agreement"),
                    Column("Lately", numeric=True),
                    Column("In the model", numeric=True),
                    Column("At another level than expected", numeric=True),
                ],
                [
                    Row(
                        [
                            one.field,
                            number(one.pairs),
                            one.first_level.replace("_", " "),
                            *(Cell(f"{share:.0%}", numeric=True) for share in (one.now, one.in_model, one.moved)),
                        ]
                    )
                    for one in found
                ],
                empty_text=f"The program joined fewer than {FEWEST_TO_SAY} pairs that you may see in the last 31 days: {TOO_FEW}.",
                caption_size="s",
            )
        ],
    )  # fmt: skip


def right_and_found(found: Decided) -> list[Section]:
    sections = [
        _kinds("All pairs", "all", [found.everything]),
        _kinds(
            "By sex",
            "sex",
            found.by_sex,
            "As far as you may see it: of another agency’s child, only where you work with them.",
        ),
        _kinds(
            "By agency", "agency", found.by_agency, "A pair counts for the agency of each of its records."
        ),
        _kinds("By date of birth", "birth", found.by_birth),
    ]
    origin = Section(
        "By origin of names",
        [
            "Not shown. It would tell whether names of some origins are missed more often, and would be a figure of names, not of"
            " people; it needs lists of names by origin, which Engage does not hold."
        ],
    )
    return [*sections, origin]


def _kinds(title: str, anchor: str, kinds: Sequence[OfAKind], words: str = "") -> Section:
    shares = [
        (f"{one.words}, {name}" if len(kinds) > 1 else name.capitalize(), share)
        for one in kinds
        for name, share in (("right", precision(one.joined)), ("found", recall(one.joined, one.offered)))
        if share
    ]
    return Section(
        title,
        [words] if words else [],
        Bars(
            title,
            anchor,
            [Bar(label, share.value, f"{share.value:.0%}", share.low, share.high) for label, share in shares],
            most=1.0,
        ),
        [
            Table(
                f"{title}: right and found",
                [
                    Column("Kind of record"),
                    Column("Joined, of them decided"),
                    Column("Right"),
                    Column("Offered, of them decided"),
                    Column("Found"),
                ],
                [
                    Row(
                        [
                            one.words,
                            f"{one.joined.pairs:,}, {one.joined.decided:,}",
                            _share(precision(one.joined)),
                            f"{one.offered.pairs:,}, {one.offered.decided:,}",
                            _share(recall(one.joined, one.offered)),
                        ]
                    )
                    for one in kinds
                ],
                empty_text="The program joined and offered no pair that you may see.",
                caption_size="s",
            )
        ],
    )


def saying_too_little(found: list[diagnosis.Unfindable]) -> Section:
    return Section(
        "Records that say too little",
        [
            "Without a name and without a number nothing can link a record. Ask the agency that sends many of them."
        ],
        Bars(
            "Records without name and number",
            "too-little",
            [
                Bar(one.agency, one.say_too_little / one.records, f"{one.say_too_little:,}")
                for one in found
                if one.say_too_little
            ],
            most=1.0,
        ),
        [
            Table(
                "Records by agency",
                [
                    Column("Agency"),
                    Column("Records", numeric=True),
                    Column("No name and no number", numeric=True),
                    Column("No date of birth and no age", numeric=True),
                ],
                [
                    Row([one.agency, *map(number, (one.records, one.say_too_little, one.without_birth))])
                    for one in found
                ],
                empty_text="No record that you may see.",
                caption_size="s",
            )
        ],
    )


def sizes_of_blocks(found: diagnosis.Keys) -> Section:
    return Section(
        "How many records share a key",
        [
            "Records are compared where they share a key. A key that more than"
            f" {BLOCK_CAP:,} share names nobody and is passed over. Told are the kind of key and its size, never the key, and of keys"
            f" that you may see. Counted for {found.records:,} records, drawn by chance: the largest blocks are all but surely among them."
            f" {found.meet_nobody:,} of these records have no key, or only such as are passed over.",
        ],
        Bars(
            "Records that share the most shared key",
            "blocks",
            [Bar(_rule(one.rule), one.largest, f"{one.largest:,}") for one in found.rules],
        ),
        [
            Table(
                "Keys by kind",
                [
                    Column("Made of"),
                    Column("Keys counted", numeric=True),
                    Column("Records that share the largest", numeric=True),
                    Column("Passed over", numeric=True),
                ],
                [Row([_rule(one.rule), *map(number, (one.keys, one.largest, one.over))]) for one in found.rules],
                empty_text="No key that you may see.",
                caption_size="s",
            )
        ],
    )  # fmt: skip


def _share(share: Share | None) -> str:
    return f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%})" if share else TOO_FEW


def _rule(rule: str) -> str:
    return RULES.get(rule, rule.replace("_", " "))
