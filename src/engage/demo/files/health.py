"""health-contacts: the safety summary the team may see, and a clinical note that stays with the service."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from engage.demo import sentences
from engage.demo.errors import Recorded, written_down
from engage.demo.files.sheets import Row, uk_date, yes_no
from engage.demo.world import Child, World

COLUMNS = [
    "client_ref",
    "surname",
    "forenames",
    "dob",
    "postcode",
    "nhs_number",
    "service",
    "contact_on",
    "summary_for_team",
    "clinical_note",
    "concern",
]
FIRST_REFERENCE = {"ELSH": 20_000, "ELDA": 50_000, "ELHT": 700_000}


class HealthRecords:
    """One agency's clients; each keeps one reference for all the agency's services."""

    def __init__(self, rng: Random, agency: str, bad_year: bool) -> None:
        self.rng, self.agency, self.bad_year = rng, agency, bad_year
        self.clients: dict[str, tuple[str, Recorded]] = {}
        self.issued = 0

    def client(self, child: Child) -> tuple[str, Recorded]:
        if child.child_id not in self.clients:
            self.issued += 1
            reference = f"{self.agency}{FIRST_REFERENCE[self.agency] + self.issued}"
            person = written_down(self.rng, child, "health", bad_year=self.bad_year)
            self.clients[child.child_id] = (reference, person)
        return self.clients[child.child_id]

    def rows(self, world: World) -> Iterator[tuple[str, Child, Row]]:
        rng = self.rng
        for contact in sorted(world.contacts, key=lambda c: (c.on, c.child.child_id, c.service)):
            if contact.agency != self.agency:
                continue
            reference, person = self.client(contact.child)
            words = sentences.words_for(contact.child)
            yield (
                reference,
                contact.child,
                {
                    "client_ref": reference,
                    "surname": person.surname,
                    "forenames": person.forenames,
                    "dob": uk_date(person.dob),
                    "postcode": person.postcode,
                    "nhs_number": person.nhs_number,
                    "service": contact.service,
                    "contact_on": uk_date(contact.on),
                    "summary_for_team": rng.choice(sentences.SAFE_SUMMARIES[contact.concern]).format(**words),
                    "clinical_note": rng.choice(sentences.CLINICAL_NOTES),
                    "concern": yes_no(contact.concern),
                },
            )

    def forget_clients(self) -> None:
        """Between the parts of a county: the next part has other children."""
        self.clients.clear()
