"""The invented colleagues and their agencies, and the agreement under which they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from engage.demo.real_work import refuse_real_work
from engage.practice.access.keys import make_root_key
from engage.practice.access.models import SharingAgreement
from engage.practice.access.reach import compile_reach
from engage.practice.agencies.models import Agency, Installation, Staff, Team
from engage.reference import categories, district_bits

AGENCIES = [
    ("LANCS-POL", "Lancashire Constabulary", "police", "01632 960101"),
    ("BWD-CSC", "Blackburn with Darwen Children's Services", "council", "01632 960102"),
    ("LCC-CSC", "Lancashire County Children's Services", "council", "01632 960103"),
    ("ELSH", "East Lancashire Sexual Health Service", "health", "01632 960104"),
    ("ELDA", "Young People's Drug and Alcohol Service", "drugs_service", "01632 960105"),
    ("ELHT", "East Lancashire Hospitals", "hospital", "01632 960106"),
    ("BRIDGE", "Bridge Return Interview Service", "charity", "01632 960107"),
    ("LANTERN", "Lantern Helpline", "charity", "01632 960108"),
    ("ENGAGE", "Engage team", "team", "01632 960109"),
    ("SCHOOLS", "East Lancashire Schools Safeguarding Network", "school", "01632 960110"),
    ("FREEDOM", "Freedom team", "team", "01632 960111"),
    ("BOARD", "Safeguarding Children Board", "board", "01632 960112"),
]
TEAMS = [
    ("ENGAGE", "Engage", ["Blackburn with Darwen", "Hyndburn", "Ribble Valley"]),
    ("FREEDOM", "Freedom", ["Burnley", "Pendle", "Rossendale"]),
]
# code, name, agency, team, role
PERSONAS = [
    ("amir", "PC Amir Latif", "LANCS-POL", "ENGAGE", "police_team"),
    ("beth", "DC Beth Holroyd", "LANCS-POL", "ENGAGE", "police_intel"),
    ("carys", "Carys Duxbury", "ELDA", "ENGAGE", "drugs_worker"),
    ("dina", "Dina Okafor", "ELSH", "ENGAGE", "sexual_health"),
    ("ewan", "Ewan Pickup", "BWD-CSC", "ENGAGE", "social_worker"),
    ("farah", "Farah Iqbal", "LCC-CSC", "ENGAGE", "social_worker"),
    ("grace", "Grace Whittam", "ENGAGE", "ENGAGE", "team_manager"),
    ("hal", "Hal Nuttall", "LANTERN", "ENGAGE", "helpline"),
    ("iris", "Iris Coates", "SCHOOLS", None, "school_lead"),
    ("jun", "Jun Park", "ELHT", None, "hospital_ed"),
    ("kit", "Kit Brennan", "BOARD", None, "board_analyst"),
    ("lena", "Lena Marsden", "BWD-CSC", None, "dpo_audit"),
    ("max", "Max Ogden", "BWD-CSC", None, "sys_admin"),
    ("nia", "Nia Farrow", "LCC-CSC", "FREEDOM", "sister_team"),
    ("olga", "Olga Hesketh", "LCC-CSC", None, "dpo_audit"),
]


@dataclass(frozen=True)
class Installed:
    """Who works in one installation of Engage, and who of them shares."""

    agencies: list[tuple[str, str, str, str]]
    teams: list[tuple[str, str, list[str]]]
    colleagues: list[tuple[str, str, str, str | None, str]]
    agreement: str
    title: str
    signed_by: str
    not_partners: tuple[str, ...]


ENGAGES_OWN = Installed(
    AGENCIES,
    TEAMS,
    PERSONAS,
    agreement="ENGAGE-2026",
    title="Engage information-sharing agreement 2026",
    signed_by="Grace Whittam, for the partners",
    not_partners=("BOARD", "FREEDOM"),
)


@transaction.atomic
def set_up_team(*, now: datetime, seed: int | None = None, installed: Installed = ENGAGES_OWN) -> None:
    """Make the demo's agencies, teams, staff and sharing agreement. Raises RealWork where others are at work."""
    with connection.cursor() as cursor:
        refuse_real_work(cursor)
    make_root_key()  # beside a database of invented people; for real work somebody runs `./run engage keys make`
    Installation.objects.get_or_create(
        only=True, defaults={"kind": "demo", "set_up_at": now, "demo_seed": seed, "demo_as_at": now}
    )
    agencies = {
        code: Agency.objects.get_or_create(
            code=code, defaults={"name": name, "kind": kind, "telephone": phone}
        )[0]
        for code, name, kind, phone in installed.agencies
    }
    teams = {
        code: Team.objects.get_or_create(
            code=code, defaults={"name": name, "district_bits": district_bits(districts)}
        )[0]
        for code, name, districts in installed.teams
    }
    users = get_user_model().objects
    for code, name, agency, team, role in installed.colleagues:
        user, fresh = users.get_or_create(username=code)
        if fresh:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        Staff.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "user": user,
                "agency": agencies[agency],
                "team": teams[team] if team else None,
                "role": role,
            },
        )
    agreement, _ = SharingAgreement.objects.get_or_create(
        code=installed.agreement,
        defaults={
            "title": installed.title,
            "categories": list(categories()),
            "purposes": [
                "protect_this_child",
                "protect_another_child",
                "prevent_or_detect_crime",
                "plan_and_supervise",
            ],
            "lawful_basis": "Public task, UK GDPR Art 6(1)(e); Children Act 2004 s11 and s16LA (commencement not verified)",
            "starts_at": now - timedelta(days=3 * 365),
            "ends_at": now + timedelta(days=365),
            "signed_by": installed.signed_by,
        },
    )
    partners = [a for a in agencies.values() if a.code not in installed.not_partners]
    agreement.owners.set(partners)
    agreement.recipients.set(partners)
    compile_reach()
