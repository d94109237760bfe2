import pytest
from tests.integration.access.ledger_at_hand import a_ledger


@pytest.fixture
def ledger(template_database, tmp_path, django_db_blocker, django_db_setup):
    with a_ledger(template_database, tmp_path, django_db_blocker.unblock) as at_hand:
        yield at_hand
