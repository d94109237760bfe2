"""A real site for browser tests: granian and the job worker over a small demo, and a real Chromium."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from tests.conftest import NOW, clone, point_at

CHILDREN, OTHERS, SEED = 80, 150, 7
WHY_NOT = os.environ.get("ENGAGE_NO_CHROMIUM_BECAUSE", "ENGAGE_CHROMIUM does not name a Chromium")


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if not os.environ.get("ENGAGE_CHROMIUM"):
                item.add_marker(pytest.mark.skip(reason=WHY_NOT))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    item.failed_at = outcome.get_result().failed or getattr(item, "failed_at", False)


@dataclass(frozen=True)
class Site:
    address: str


@pytest.fixture(scope="session")
def demo_database(request, template_database, django_db_blocker) -> str:
    """The template with a small demo received into it: one for each worker, for two sites on one database would
    take each other's jobs."""
    worker = getattr(request.config, "workerinput", {"workerid": "alone"})["workerid"]
    name = f"engage_test_demo_{worker}_{template_database[-12:]}"
    clone(template_database, name)
    before = connections["default"].settings_dict["NAME"]
    point_at(name)
    with django_db_blocker.unblock():
        from rich.console import Console

        from engage.demo.building import build_demo

        build_demo(seed=SEED, as_at=NOW, children=CHILDREN, others=OTHERS, console=Console(stderr=True))
    point_at(before)
    return name


@pytest.fixture(scope="session")
def site(demo_database, tmp_path_factory) -> Iterator[Site]:
    from engage.demo.serving import start_processes, stop, wait_for_page

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, _, options = os.environ["ENGAGE_DATABASE_URL"].partition("?")
    theirs = {
        "ENGAGE_DATABASE_URL": f"{address.rsplit('/', 1)[0]}/{demo_database}?{options}".rstrip("?"),
        "ENGAGE_RECEIVED_FOLDER": str(tmp_path_factory.mktemp("received")),
        # The keys under which the demo was received: names are searched for by keyed tokens.
        "ENGAGE_SECRET_KEY": settings.SECRET_KEY,
        "ENGAGE_TOKEN_KEY": settings.TOKEN_KEY.decode(),
        "ENGAGE_AUDIT_KEY": settings.AUDIT_KEY.decode(),
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in theirs.items():
            environment.setenv(name, value)
        processes = start_processes(host="127.0.0.1", port=port, as_at=NOW)
    try:
        wait_for_page(f"http://127.0.0.1:{port}/")
        yield Site(f"http://127.0.0.1:{port}")
    finally:
        stop(processes)


@pytest.fixture
def visit(browser, site, request):
    """`visit()`: one more visitor with a browser of their own, watched for whatever a page must never do."""
    contexts, wrong = [], []

    def watch(page):
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith(site.address)
                else wrong.append(f"asked somebody else: {asked.url}")
            ),
        )
        page.on("pageerror", lambda error: wrong.append(f"a script failed: {error}"))
        page.on(
            "console",
            lambda said: (
                wrong.append(f"against the page's own policy: {said.text}")
                if "Content Security Policy" in said.text
                else None
            ),
        )

    def one_more(*, width: int = 1280, java_script: bool = True):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            base_url=site.address,
            java_script_enabled=java_script,
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        return page

    yield one_more
    if getattr(
        request.node, "failed_at", False
    ):  # what the visitor had before them says more than a time-out
        for page in (page for context in contexts for page in context.pages):
            print(f"{page.url}\n{page.locator('body').inner_text()}\n")
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def page(visit):
    """A page at desktop width."""
    return visit()


@pytest.fixture
def step_in(page):
    """`step_in("ewan")`: by the page, as a visitor does."""

    def as_colleague(code: str, page=page):
        page.goto("/step-in/")
        page.locator(f'button[name=colleague][value="{code}"]').click()
        page.wait_for_url("**/today/")
        return page

    return as_colleague


@pytest.fixture(scope="session")
def axe_script() -> Path:
    return settings.PROJECT / "node_modules" / "axe-core" / "axe.min.js"
