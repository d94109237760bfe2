"""Letters come by another connection than the one a test looks through, and stay: the owner empties the letterbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from django.db import connections
from tests.conftest import owner_connection

from engage.practice.publication.actions import Written, post_letter


@pytest.fixture
def letterbox(django_db_setup, now) -> Iterator[psycopg.Connection]:
    """Signed in as the public role. Ask for it before whatever looks: emptying waits for those who still do."""
    settings = connections["public"].settings_dict
    public = psycopg.connect(
        dbname=settings["NAME"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"] or None,
        autocommit=True,
    )
    with public:
        yield public
    with owner_connection(settings["NAME"]) as owner:
        owner.execute("SET lock_timeout = '20s'; TRUNCATE publication_letter")


@pytest.fixture
def post(letterbox, now) -> Callable[..., UUID]:
    def one(concern: str = "An invented worry.", *, kind: str = "parent", at: datetime = now, **said) -> UUID:
        return post_letter(Written(kind, concern, **said), letterbox, now=at)

    return one
