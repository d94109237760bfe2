"""Small files made by hand from the description of the feeds, and the tables they end in. Invented people only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.test import Client
from tests.integration.receiving.own_database import a_database_of_its_own

from engage.demo.probing import GoesOn
from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import acting_as
from engage.practice.access.models import Guarded
from engage.practice.agencies.models import Agency, Staff
from engage.practice.receiving import queries
from engage.practice.receiving.actions import receive_file
from engage.practice.receiving.models import ReceivedFile
from engage.practice.receiving.tokens import make_token


def as_csv(rows: Iterable[dict[str, str]], separator: str = ",") -> bytes:
    """Columns in the order in which the rows first name them."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=separator, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return kept.getvalue()


@dataclass
class Feeds:
    folder: Path
    receiver: Staff
    now: datetime
    sent: int = 0

    def send(
        self,
        format_code: str,
        agency: str,
        content: bytes | Iterable[dict[str, str]],
        *,
        by: Staff | None = None,
        now: datetime | None = None,
        **more: Any,
    ) -> dict:
        """Hand in one file and read its receipt."""
        self.sent += 1
        path = self.folder / f"{self.sent}"
        path.write_bytes(content if isinstance(content, bytes) else as_csv(content))
        received = receive_file(
            path,
            format_code=format_code,
            agency=Agency.objects.get(code=agency),
            by=by or self.receiver,
            now=now or self.now,
            file_name=f"{format_code}-{self.sent}",
            **more,
        )
        receipt = self.receipt(received.file)
        rows = receipt["rows"]
        assert rows["received"] == sum(rows[k] for k in ("applied", "unchanged", "rejected", "held"))
        return receipt | {"already": received.already}

    def receipt(self, file: ReceivedFile) -> dict:
        with acting_as(self.receiver, now=self.now):
            return queries.receipt(file, self.receiver)

    def rows(self, model: type[Guarded], **wanted: Any) -> list[Any]:
        """Rows of a guarded table as the receiving service sees them: all of them."""
        with acting_as(self.receiver, now=self.now):
            return list(
                model.objects.visible_to(self.receiver)
                .filter(**wanted)
                .select_related("compartment__owner")
                .order_by("pk")
            )

    def sees(self, staff: Staff, model: type[Guarded], **wanted: Any) -> list[Any]:
        with acting_as(staff, now=self.now):
            return list(model.objects.visible_to(staff).filter(**wanted))


def place(row: Guarded) -> tuple[str, str]:
    """Category and label of the compartment that a row lies in."""
    return row.compartment.category, row.compartment.label


@pytest.fixture
def feeds(tmp_path, receiver, now, db) -> Feeds:
    return Feeds(tmp_path, receiver, now)


@pytest.fixture
def facts(feeds) -> Callable[..., dict[str, tuple[str, str, str]]]:
    """What stands of an agency's facts: kind to (text, category, label)."""
    from engage.practice.people.models import Fact

    def of(agency: str, **wanted: Any) -> dict[str, tuple[str, str, str]]:
        rows = feeds.rows(Fact, current=True, compartment__owner__code=agency, **wanted)
        return {fact.kind: (fact.text, *place(fact)) for fact in rows}

    return of


@pytest.fixture
def site(settings, tmp_path, now):
    settings.AS_AT = now.isoformat()
    settings.RECEIVED_FOLDER = tmp_path / "received"
    return settings


@pytest.fixture
def browser(people_at_work, site):
    """`browser("amir")`: a client that has stepped in."""

    def as_(code: str) -> Client:
        client = GoesOn()
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        client.force_login(people_at_work[code].user, backend=backend)
        session = client.session
        session[STEPPED_IN] = True
        session.save()
        return client

    return as_


@pytest.fixture
def token(now, site):
    """`token("LANCS-POL", "police-missing")`: a token of an agency's system, and its secret."""

    def of(agency: str, *formats: str):
        return make_token(agency=Agency.objects.get(code=agency), formats=list(formats), now=now)

    return of


@pytest.fixture
def police(token):
    return token("LANCS-POL", "police-missing")


def masked(page: bytes) -> bytes:
    """The page without what differs in every answer: the CSRF token."""
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", page)


@pytest.fixture(scope="module")
def own_database(template_database, tmp_path_factory, django_db_blocker, django_db_setup):
    folder = tmp_path_factory.mktemp("received")
    with a_database_of_its_own(template_database, folder, django_db_blocker.unblock) as database:
        yield database
