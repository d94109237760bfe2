"""return-interviews: the independent interviewer's own record, with the charity's own child reference."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from engage.demo import names, sentences
from engage.demo.errors import Recorded, written_down
from engage.demo.files.sheets import Row, uk_date, utc_moment, yes_no
from engage.demo.world import Child, Interview, World

COLUMNS = [
    "interview_ref",
    "child_ref",
    "surname",
    "forenames",
    "dob",
    "report_refs",
    "returned_at",
    "offered_at",
    "offer_method",
    "offer_outcome",
    "decline_reason",
    "interviewer",
    "independent",
    "held_at",
    "place_kind",
    "summary_for_team",
    "push_factors",
    "pull_factors",
    "indicators",
    "child_words",
    "wishes",
    "people",
    "places",
    "vehicles",
    "online_names",
    "shared_told",
    "carer_view",
]
PUSH = ["conflict", "abuse", "placement", "school", "mental_health"]  # rhi-form-fields.csv, as sent
PULL = ["friends", "relationship", "drugs", "online_contact", "coercion"]
SUMMARIES = [
    "Seen alone. {Pron} felt able to talk and would see the same worker again.",
    "Seen alone. {Pron} said little; a second talk is agreed.",
    "Talked about how to get home safely and whom to ring.",
    "{Pron} feels pressed by older people. Please read the factors before a visit.",
]


class InterviewRecords:
    def __init__(self, rng: Random, bad_year: bool) -> None:
        self.rng, self.bad_year = rng, bad_year
        self.children: dict[str, tuple[str, Recorded]] = {}
        self.issued = 0

    def child(self, child: Child) -> tuple[str, Recorded]:
        if child.child_id not in self.children:
            self.issued += 1
            person = written_down(self.rng, child, "charity", bad_year=self.bad_year)
            self.children[child.child_id] = (f"BC{1000 + self.issued}", person)
        return self.children[child.child_id]

    def rows(self, world: World) -> Iterator[tuple[str, Child, Row]]:
        for interview in world.interviews:
            reference, person = self.child(interview.child)
            yield reference, interview.child, self.row(interview, reference, person)

    def row(self, interview: Interview, reference: str, person: Recorded) -> Row:
        rng, child = self.rng, interview.child
        words = sentences.words_for(child)
        refs = [report.ref for e in interview.episodes for report in e.reports if not report.duplicate_of]
        row = {
            "interview_ref": interview.ref,
            "child_ref": reference,
            "surname": person.surname,
            "forenames": person.forenames,
            "dob": uk_date(person.dob),
            "report_refs": ";".join(refs),
            "returned_at": utc_moment(interview.returned_at),
            "offered_at": utc_moment(interview.offered_at),
            "offer_method": rng.choice(["phone", "visit", "letter", "through the carer"])
            if interview.offered_at
            else "",
            "offer_outcome": interview.outcome,
            "decline_reason": interview.decline_reason,
            "interviewer": f"B{rng.randint(1, 9):02d}",
            "independent": yes_no(rng.random() < 0.96),
            "carer_view": interview.carer_view,
        }
        if not interview.held_at:
            return row
        signs = sorted(
            {i for episode in interview.episodes for i in episode.indicators if rng.random() < 0.7}
        )
        pushed = rng.sample(PUSH, rng.choices([0, 1, 2], weights=[25, 50, 25])[0])
        pulled = rng.sample(PULL[:1] + PULL[3:4], 1) if rng.random() < 0.6 else []
        if any(episode.cse or episode.cce for episode in interview.episodes):
            pulled = sorted({*pulled, "coercion"})
        concern_places = names.load("places.yaml")["concern_places"]
        return row | {
            "held_at": utc_moment(interview.held_at),
            "place_kind": rng.choice(["home", "school", "youth centre", "children's home", "walk outdoors"]),
            "summary_for_team": rng.choice(SUMMARIES).format(**words),
            "push_factors": ";".join(pushed),
            "pull_factors": ";".join(pulled),
            "indicators": ";".join(signs),
            "child_words": rng.choice(sentences.CHILD_WORDS),
            "wishes": rng.choice(sentences.WISHES),
            "people": ";".join(sorted({name for e in interview.episodes for name in e.companions})),
            "places": rng.choice(concern_places) if "CE31" in signs else "",
            "shared_told": yes_no(rng.random() < 0.9),
            "carer_view": interview.carer_view
            or (rng.choice(sentences.CARER_VIEWS) if rng.random() < 0.3 else ""),
        }
