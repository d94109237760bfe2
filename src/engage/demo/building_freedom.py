"""`python -m engage.demo.building_freedom FOLDER AS_AT SEED`, with Freedom's environment: a process of its own."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402 – what is below needs Django's registry
from rich.console import Console  # noqa: E402

from engage.demo.at_hand import staff_called  # noqa: E402
from engage.demo.building import receive_all  # noqa: E402
from engage.demo.freedom import FREEDOMS_OWN, PROTECTED, children_known, file_in  # noqa: E402
from engage.demo.team import set_up_team  # noqa: E402
from engage.practice.access.gate import acting_as  # noqa: E402
from engage.practice.access.models import Restriction  # noqa: E402
from engage.practice.agencies.models import Installation  # noqa: E402
from engage.practice.people.actions import restrict  # noqa: E402
from engage.practice.people.models import Record  # noqa: E402
from engage.practice.sister_teams.filters import make_filter  # noqa: E402


def build(folder: Path, *, as_at: datetime, seed: int) -> None:
    """Tables, team, the county's list, one child whom the manager protects, and the filter of the others."""
    call_command("migrate", database="owner", verbosity=0)
    set_up_team(now=as_at, installed=FREEDOMS_OWN)
    built = receive_all([file_in(folder)], now=as_at, console=Console(quiet=True))
    if built.refused:
        raise SystemExit("; ".join(built.refused))
    for child in children_known(folder):
        if child.how == PROTECTED:
            protect(child.reference, now=as_at)
    make_filter(now=as_at)
    Installation.objects.update(demo_seed=seed, demo_as_at=as_at)


def protect(reference: str, *, now: datetime) -> None:
    manager = staff_called("petra")
    with acting_as(manager, now=now):
        person = Record.objects.visible_to(manager).get(reference=reference).person_id
        assert person
        restrict(
            person_id=person,
            kind=Restriction.Kind.ADDRESS,
            reason="The family lives where nobody may find it.",
            named=[staff_called("nia")],
            by=manager,
            now=now,
        )


if __name__ == "__main__":
    build(Path(sys.argv[1]), as_at=datetime.fromisoformat(sys.argv[2]), seed=int(sys.argv[3]))
