"""Agreements proposed and approved by invented colleagues."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from tests.integration.access.ledger_at_hand import a_ledger

from engage.practice.access.actions import Terms, approve, propose, propose_end, propose_version
from engage.practice.access.effect import effect_of
from engage.practice.access.gate import acting_as
from engage.practice.access.models import SharingAgreement
from engage.practice.agencies.models import Agency

REASON = "Invented for a test"


@pytest.fixture
def agency(db):
    return {one.code: one for one in Agency.objects.all()}


@pytest.fixture
def standing(db) -> SharingAgreement:
    """The agreement that the demo's team shares under."""
    return SharingAgreement.objects.get(code="ENGAGE-2026")


@pytest.fixture
def as_signed(standing) -> Terms:
    """The standing agreement's own terms, to propose a version that differs in one thing."""
    return Terms(
        standing.code, standing.title, list(standing.owners.all()), list(standing.recipients.all()),
        standing.categories, standing.purposes, standing.lawful_basis, standing.starts_at, standing.ends_at,
        standing.signed_by,
    )  # fmt: skip


class Table:
    """Colleagues at work, one after the other, as of one moment unless told otherwise."""

    def __init__(self, people, now):
        self.people, self.now = people, now

    @contextmanager
    def at_work(self, code, at=None):
        with acting_as(self.people[code], now=at or self.now):
            yield {"by": self.people[code], "now": at or self.now}

    def propose(self, terms, by="max", at=None):
        with self.at_work(by, at) as who:
            return propose(terms, reason=REASON, **who)

    def propose_version(self, agreement, terms, by="max", at=None):
        with self.at_work(by, at) as who:
            return propose_version(agreement, terms, reason=REASON, **who)

    def propose_end(self, agreement, ends_at, by="max", at=None):
        with self.at_work(by, at) as who:
            return propose_end(agreement, ends_at=ends_at, reason=REASON, **who)

    def approve(self, proposal, by, at=None, seen=None):
        seen = effect_of(proposal, at or self.now).digest if seen is None else seen
        with self.at_work(by, at) as who:
            return approve(proposal.pk, seen=seen, **who)

    def agree(self, proposal, at=None, by=("lena", "grace")):
        """Both approvals."""
        first, second = by
        self.approve(proposal, first, at)
        return self.approve(proposal, second, at)


@pytest.fixture
def table(people_at_work, now) -> Table:
    return Table(people_at_work, now)


@pytest.fixture
def ledger(template_database, tmp_path, django_db_blocker, django_db_setup):
    with a_ledger(template_database, tmp_path, django_db_blocker.unblock) as at_hand:
        yield at_hand
