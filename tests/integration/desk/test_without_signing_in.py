"""Nothing opens by having been forgotten: the site refuses to start, and every address is asked without a sign-in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from uuid import UUID

import pytest
from django.core.checks import run_checks
from django.test import Client

from engage.practice.access.open_routes import OPEN, every_route

pytestmark = pytest.mark.django_db

FORGOTTEN = """
from django.http import HttpResponse
from django.urls import path
from engage.config.urls import *
urlpatterns = [*urlpatterns, path("list-of-children/", lambda request: HttpResponse("Katie Holden"))]
"""
SETTINGS = "from engage.config.settings import *\nROOT_URLCONF = 'urls_with_one_forgotten'\n"
START = "import engage.config.wsgi"


def start(folder, **more: str) -> subprocess.CompletedProcess:
    """As granian does: what is refused here never answers anybody."""
    path = os.pathsep.join(["src", str(folder), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"ENGAGE_SECRET_KEY": "invented", "PYTHONPATH": path} | more
    return subprocess.run(
        [sys.executable, "-c", START],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_r10_with_a_route_that_nobody_listed_the_site_does_not_start(tmp_path):
    (tmp_path / "urls_with_one_forgotten.py").write_text(FORGOTTEN)
    (tmp_path / "settings_with_one_forgotten.py").write_text(SETTINGS)
    refused = start(tmp_path, DJANGO_SETTINGS_MODULE="settings_with_one_forgotten")
    assert refused.returncode != 0
    assert "/list-of-children/ asks nobody who they are." in refused.stderr


def test_r10_every_route_is_a_staff_page_wants_a_token_or_is_listed():
    assert run_checks(tags=["routes"]) == []
    routes = {route for route, _ in every_route()}
    assert set(OPEN) <= routes  # what is listed is there: a list of what is not would grow unread


def address(route: str, child: UUID) -> str:
    if "^" in route:
        return "/" + re.sub(r"\^|\$|\(\?P<\w+>[^)]*\)", "", route.replace(")-(", ")a-1(")).replace(
            "//", "/a/"
        )
    filled = re.sub(r"<uuid:\w+>|<receipt_id>", str(child), route)
    return "/" + re.sub(r"<slug:name>", "missing", re.sub(r"<(?:\w+:)?\w+>", "police-missing", filled))


@pytest.mark.parametrize("method", ["get", "post"])
def test_r10_without_a_sign_in_no_address_tells_anything(method, katie):
    """With the id of a child that exists wherever an id goes."""
    client, asked = Client(raise_request_exception=False), 0
    for route, _ in every_route():
        response = getattr(client, method)(address(route, katie))
        told = b"".join(response) if response.streaming else response.content
        assert b"Holden" not in told and b"Katie" not in told, route
        asked += 1
        if route in OPEN:
            assert response.status_code < 500, route
        elif route.startswith("api/"):
            assert response.status_code in (401, 405), route
        elif route.startswith("accounts/") and response.status_code == 404:
            pass  # the sign-in library brings it, and Engage does not offer it
        elif response.status_code != 405:  # it takes no such question, from nobody
            assert response.status_code == 302, route
            assert response["Location"].startswith("/accounts/login/"), route
    assert asked > 60
