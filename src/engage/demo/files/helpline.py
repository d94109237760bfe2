"""helpline-calls: the phone system's log with the worker's note. Most callers give little."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from engage.demo import names, sentences
from engage.demo.errors import written_down
from engage.demo.files.sheets import Row, iso_moment, yes_no
from engage.demo.identifiers import mobile_phone
from engage.demo.world import Child, World

COLUMNS = [
    "call_ref",
    "started_at",
    "caller_kind",
    "caller_name",
    "child_name",
    "child_age",
    "child_area",
    "safe_to_call_back",
    "safe_contact",
    "concern",
    "immediate_danger",
    "outcome",
    "missing_now",
    "worker_ref",
]


def rows(world: World, rng: Random) -> Iterator[tuple[str, Child | None, Row]]:
    for call in world.calls:
        child = call.child
        name = age = area = caller = concern = ""
        if child is not None:
            heard = written_down(rng, child, "helpline", bad_year=world.bad_year)
            first_name = (
                heard.forenames.split()[0] if heard.forenames and rng.random() < 0.95 else heard.forenames
            )
            name = f"{first_name} {heard.surname}".strip()
            age = str(child.age_on(call.at.date())) if rng.random() < 0.7 else ""
            area = child.address.lines.split(", ")[-1] if rng.random() < 0.75 else child.address.district
            if call.caller_kind == "parent":
                caller = rng.choice(child.household.parents) if rng.random() < 0.6 else ""
            signs = sentences.about_signs(rng, child, ["CE02", "CE05", "CE08", "CE28"], ["the shops"])
            concern = rng.choice(signs)
        elif call.outcome == "silent":
            concern = "Silent call; the line stayed open."
        else:
            concern = rng.choice(sentences.HELPLINE_CONCERNS)
        if not caller and call.caller_kind == "professional":
            caller = f"{names.given_name(rng, 'white_british', 'F')} {names.surname(rng, 'white_british')}"
        call_back = rng.random() < 0.4 and call.outcome not in ("silent", "not_a_case")
        yield (
            call.ref,
            child,
            {
                "call_ref": call.ref,
                "started_at": iso_moment(call.at),
                "caller_kind": call.caller_kind,
                "caller_name": caller,
                "child_name": name,
                "child_age": age,
                "child_area": area,
                "safe_to_call_back": yes_no(call_back),
                "safe_contact": mobile_phone(rng) if call_back else "",
                "concern": concern,
                "immediate_danger": yes_no(call.immediate_danger),
                "outcome": call.outcome,
                "missing_now": call.missing_now,
                "worker_ref": f"W{rng.randint(1, 14):02d}",
            },
        )
