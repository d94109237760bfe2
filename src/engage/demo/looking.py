"""Everybody at every page: what the check asks the running demo, each reader beside the others."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from threading import Thread
from typing import Any

from django.conf import settings

from . import probing
from .at_hand import staff_called, visible_ids
from .side_by_side import side_by_side
from .walking import (
    KEPT_OUT,
    LOOKERS,
    NOTHING_HIDDEN_BECAUSE,
    Compared,
    Walked,
    compared_by,
    compared_by_systems,
    files_handed_in,
    walked_by,
    walked_by_systems,
)

NOT_MEASURED = "not measured"
WITH_A_BROWSER = ("ewan", "amir", "max", "lena")


@dataclass(frozen=True)
class Looked:
    walked: Walked
    compared: list[Compared]
    browsed: list[Browsed]

    @property
    def hidden_equals_absent(self) -> tuple[str, bool]:
        differences = [one for part in self.compared for one in part.differences]
        for one in differences:
            print(f"  differs: {one.method} /{one.route} as {one.staff}: {one.how}", flush=True)
        not_asked = [f"{kind} by {part.who}" for part in self.compared for kind in part.not_asked]
        by_anybody = set().union(*(part.asked for part in self.compared))
        excepted = {kind for _, kind in NOTHING_HIDDEN_BECAUSE}
        not_asked += [f"{kind} by anybody" for kind in sorted(excepted - by_anybody)]
        for missing in not_asked:
            print(f"  not asked for: {missing}", flush=True)
        alike = bool(self.compared) and not differences and not not_asked
        return ("yes" if alike else "no"), alike

    @property
    def accessible(self) -> tuple[object, bool]:
        if not self.browsed:
            return NOT_MEASURED, False
        violations = [one for part in self.browsed for one in part.violations]
        for violation in violations:
            print(f"  axe: {violation}", flush=True)
        return len(violations), not violations and all(part.pages > 10 for part in self.browsed)


def look_everywhere(
    address: str, sisters_token: str, now: datetime, *, beside: Sequence[Callable[[], Any]] = ()
) -> tuple[Looked, list[Any]]:
    """`address` is where the demo answers, `sisters_token` what the team next door shows there. Those parts are begun
    first that take longest.

    `beside`: what else is asked meanwhile; the answers come in its order.
    """
    browsers = WITH_A_BROWSER if _browser_is_there() else ()
    with files_handed_in() as handed_in:
        compared = [partial(compared_by, code, handed_in, now) for code in KEPT_OUT]
        browsed = [partial(browsed_by, code, address, now) for code in browsers]
        walked = [partial(walked_by, code, handed_in, now) for code in LOOKERS]
        systems: list[Callable[[], Any]] = [
            partial(compared_by_systems, now, sisters_token),
            partial(walked_by_systems, now, sisters_token),
        ]
        results = iter(side_by_side([*compared, *browsed, *walked, *systems, *beside]))
    compared_by_people = list(islice(results, len(compared)))
    browsers_saw = list(islice(results, len(browsed)))
    walked_by_people = list(islice(results, len(walked)))
    compared_by_machines, walked_by_machines = next(results), next(results)
    looked = Looked(
        walked=sum((*walked_by_people, walked_by_machines), Walked()),
        compared=[*compared_by_people, *compared_by_machines],
        browsed=browsers_saw,
    )
    return looked, list(results)


def _browser_is_there() -> bool:
    return bool(os.environ.get("ENGAGE_CHROMIUM")) and _axe().exists()


def _axe():
    return settings.PROJECT / "node_modules" / "axe-core" / "axe.min.js"


class _Kept(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def axe_served() -> Iterator[str]:
    """Where the browser finds axe. What has an address it keeps compiled; as a text it took a quarter of a second a page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Kept, directory=str(_axe().parent)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{_axe().name}"
    finally:
        server.shutdown()
        server.server_close()


# The page arranges itself for its new width with the next frame drawn: before that nobody can have pressed Tab.
SETTLED_AND_LOOKED_AT = """async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    return JSON.stringify((await axe.run(document, {resultTypes: ['violations']})).violations.map(v => v.id))
}"""


@dataclass(frozen=True)
class Browsed:
    pages: int
    violations: list[str]


def browsed_by(code: str, address: str, now: datetime) -> Browsed:
    """Violations found by axe on a page of each kind, at desktop and phone width."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import sync_playwright

    seen = 0
    violations: list[str] = []
    reader = staff_called(code)
    client = probing.signed_in(reader)
    addresses = [*probing.pages(client, visible_ids(reader, now)), "/accounts/login/"]
    with axe_served() as axe, sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ["ENGAGE_CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(bypass_csp=True)
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}]
        )
        page = context.new_page()
        for path in addresses:
            answered = page.goto(address + path)
            if answered is None or not answered.ok:
                violations.append(f"{path}: the page did not open")
            page.add_script_tag(url=axe)
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 900})
                found = json.loads(page.evaluate(SETTLED_AND_LOOKED_AT))
                seen += 1
                violations += [f"{path} at {width}: {name}" for name in found]
        browser.close()
    return Browsed(seen, violations)
