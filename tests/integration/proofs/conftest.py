"""The invented world, once for the tests of a file."""

import pytest
from bench.noninterference import Invented, clock_stands_still, taken_back


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Whatever is asked of it is taken back each time, and all of it at the end."""
    with django_db_blocker.unblock(), clock_stands_still(), taken_back():
        yield Invented()
