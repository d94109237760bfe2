"""A promise of the demo's check is kept by what was tried: where nothing was, it fails."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from engage.demo.probing import asks_first, signed_in, watching
from engage.practice.access import audit
from engage.practice.access.gate import acting_as

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM people_fact",
        'WITH said AS (SELECT id FROM "people_fact") SELECT count(*) FROM said',
        "(SELECT 1 FROM access_circlemember, people_fact LIMIT 1)",
        "TABLE people_fact",
    ],
)
def test_a_read_is_a_read_however_it_begins(statement, people_at_work, now):
    with acting_as(people_at_work["ewan"], now=now), watching() as reads, connection.cursor() as cursor:
        cursor.execute(statement)
    assert (reads.guarded, reads.accounts) == (1, 0)


def test_an_account_is_what_is_written_into_it_and_not_what_is_read_of_it(people_at_work, now):
    with acting_as(people_at_work["ewan"], now=now), watching() as reads, connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('access_auditentry', 'SELECT')")
        assert reads.accounts == 0
        audit.record(audit.Verb.CONSULT, "test")
    assert reads.accounts == 1


def test_who_is_led_to_sign_in_has_done_and_seen_nothing(people_at_work):
    assert asks_first(Client().get("/today/"))  # to sign in
    without_a_second_factor = Client()
    without_a_second_factor.force_login(
        people_at_work["ewan"].user, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert asks_first(without_a_second_factor.get("/today/"))
    assert asks_first(HttpResponse(status=302, headers={"Location": "/step-in/"}))
    assert asks_first(HttpResponse("<h1>Why do you open this record?</h1>"))
    assert not asks_first(signed_in(people_at_work["ewan"]).get("/today/"))
    assert not asks_first(HttpResponse(status=302, headers={"Location": "/today/"}))
