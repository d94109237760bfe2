"""legacy-register: three sheets of an older operation, kept by hand over years."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

from engage.demo.files.sheets import uk_date, write_xlsx
from engage.demo.files.truth import TruthFile
from engage.demo.world import World

CHILD_COLUMNS = ["op_ref", "name", "dob", "address", "notes", "status", "opened", "closed"]
NOMINAL_COLUMNS = ["nom_ref", "name", "alias", "dob", "address", "vehicle", "phone", "notes"]
LINK_COLUMNS = ["op_ref", "nom_ref", "how", "date"]
NOTES = [
    "Named by a friend in an interview; not seen by the operation.",
    "Referred by school after long absences.",
    "Family helped by the project; case passed to the council.",
    "Moved out of the area with family.",
    "",
]
HOW = ["seen together", "named by child", "phone contact", "gave lifts", "lived at same address"]


def write_register(world: World, path: Path, rng: Random, truth: TruthFile, agency: str) -> None:
    children, links = [], []
    for entry in world.older_children:
        child = entry.child
        children.append(
            {
                "op_ref": entry.op_ref,
                "name": entry.name_text,
                "dob": entry.birth_text or child.dob,
                "address": f"{child.household.addresses[0].lines}" if rng.random() < 0.8 else "",
                "notes": rng.choice(NOTES),
                "status": "closed" if entry.closed else "open",
                "opened": uk_date(entry.opened),
                "closed": uk_date(entry.closed),
            }
        )
        truth.add("legacy-register", agency, entry.op_ref, child)
        for nominal in entry.nominals:
            on = entry.opened + timedelta(days=rng.randint(-200, 100))
            nom_ref = world.older_nominals[nominal].nom_ref
            links.append(
                {"op_ref": entry.op_ref, "nom_ref": nom_ref, "how": rng.choice(HOW), "date": uk_date(on)}
            )
    for row in children[7:9]:
        row["opened"] = ""  # so that "14 yrs" cannot be counted
        row["dob"] = "14 yrs"
    nominals = [
        {
            "nom_ref": nominal.nom_ref,
            "name": nominal.adult.name,
            "alias": nominal.adult.alias,
            "dob": nominal.birth_text,
            "address": nominal.address,
            "vehicle": nominal.adult.plate,
            "phone": nominal.adult.phone if rng.random() < 0.4 else "",
            "notes": "Person of concern, unverified.",
        }
        for nominal in world.older_nominals
    ]
    write_xlsx(
        path,
        {
            "Children": (CHILD_COLUMNS, children),
            "Nominals": (NOMINAL_COLUMNS, nominals),
            "Links": (LINK_COLUMNS, links),
        },
    )
