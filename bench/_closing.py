"""What must stay shut, tried one way after another, for `./run bench fail-closed`: a small world, and its trials.

Everything here is committed, and there are two connections: one on which rights change, and one, kept from request to
request, on which a colleague reads. A trial returns what was wrong; nothing wrong is an empty list.
"""

from __future__ import annotations

import contextvars
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.http import StreamingHttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory

from bench.noninterference import NOW, guarded
from engage.demo import probing
from engage.demo.at_hand import staff_called
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import acting_as
from engage.practice.access.guarded import NoAccessContext, at_work
from engage.practice.access.models import CircleMember, SharingAgreement
from engage.practice.access.reach import compile_reach, usual_purpose
from engage.practice.agencies.models import Staff
from engage.practice.agencies.sessions import SessionStore
from engage.practice.people.actions import bar, lift, restrict, unbar
from engage.practice.people.models import Record
from engage.practice.receiving.actions import receiver

READER = "ewan"
REASON = "Invented for a trial"
SURNAMES = (b"Holden", b"Quennell")
# London's midnights. An agreement ends in winter or in summer; a stated purpose while both stand.
MIDNIGHTS = (datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 6, 30, 23, tzinfo=UTC))
EARLIER = (datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 24, tzinfo=UTC))
SECOND, INSTANT = timedelta(seconds=1), timedelta(microseconds=1)
# From the end: 23:59:59, just before, the end itself 00:00:00, just after, and the evening of that day.
STEPS = (-SECOND, -INSTANT, timedelta(0), INSTANT, SECOND, timedelta(hours=20))
Choose = random.Random
Trial = Callable[["World", Choose], list[str]]


class World:
    """Two children, one of them outside the reader's area; and the connection on which the reader reads."""

    def __init__(self) -> None:
        from tests.integration.desk.conftest import Town

        self.now, self.service = NOW, receiver()
        town = Town(self.service, NOW)
        self.near = town.child("Katie", "Holden", "Blackburn with Darwen")
        town.missing(self.near)
        self.far = town.child("Orla", "Quennell", "Burnley", postcode="BB11 1AA", phone="07700 900456")
        self.readers = ThreadPoolExecutor(1, "reader")
        self.sign_in()
        self.agreement_ends_at: datetime | None = None
        # As a connection sees it on which nobody read before.
        with ThreadPoolExecutor(1) as fresh:
            self.usual = {
                code: fresh.submit(self._seen_once, code).result() for code in ("iris", "max", "nia")
            }
            fresh.submit(connections.close_all).result()
        self.under_the_agreement = [
            code for code in ("ewan", "carys", "dina", "grace", "hal", "farah") if all(self.sees(code, self.near).values())
        ]  # fmt: skip
        if not self.under_the_agreement:
            raise SystemExit("Nobody sees the child: nothing could be shut.")

    def close(self) -> None:
        self.readers.submit(connections.close_all).result()
        self.readers.shutdown()

    def later(self) -> None:
        """Each trial has a moment of its own: what ended in one has ended in the next."""
        self.now += timedelta(minutes=1)
        settings.AS_AT = self.now.isoformat()

    def as_reader(self, ask: Callable[..., Any], *given: Any) -> Any:
        """On the reader's own connection."""
        return self.readers.submit(ask, *given).result(timeout=60)

    def sign_in(self) -> None:
        self.session = probing.signed_in(staff_called(READER)).cookies["sessionid"].value

    def _seen_once(self, code: str) -> dict[str, bool]:
        return self.sees(code, self.near)

    def sees(self, code: str, child: UUID, at: datetime | None = None) -> dict[str, bool]:
        """Whether somebody sees a child's record by each wall alone. Who looks passes both."""
        reader, at = staff_called(code), at or self.now
        with acting_as(reader, now=at), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM people_record WHERE id = %s", [child])
            second = cursor.fetchone()[0] > 0
            # From here on PostgreSQL takes it for a job that sees every row: what is left out, the program leaves out.
            cursor.execute(
                "SELECT set_config('engage.staff', %s, true), set_config('engage.purpose', %s, true)",
                [str(self.service.pk), usual_purpose(self.service)],
            )
            first = Record.objects.visible_to(reader).filter(pk=child).exists()
        return {"the first wall": first, "the second wall": second}

    def page(self, child: UUID) -> tuple[int, bytes]:
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        status, _, body = probing.answer(client.get(f"/children/{child}/"))
        return status, body

    @contextmanager
    def manager(self) -> Iterator[dict[str, Any]]:
        grace = staff_called("grace")
        with acting_as(grace, now=self.now):
            yield {"by": grace, "now": self.now}

    def end_of_the_agreement(self, moment: datetime) -> None:
        if self.agreement_ends_at != moment:
            self.agreement_ends_at = moment
            with transaction.atomic():
                SharingAgreement.objects.update(ends_at=moment)
                compile_reach()


# ------------------------------------------------------------------------------------ revoked


class Way(NamedTuple):
    """How a right ends, and how the world is made as it was. `child`: on whom it is seen."""

    child: str
    grant: Callable[[World], Any]
    revoke: Callable[[World], Any]
    restore: Callable[[World], Any]


def _nothing(world: World) -> None: ...


def _work_begins(world: World, kind: str = CircleMember.Kind.LEAD, ends_at: datetime | None = None) -> None:
    with acting_as(world.service, now=world.now):
        CircleMember.objects.create(
            record_id=world.far, person_id=world.far, staff=staff_called(READER), kind=kind, reason="protect_this_child",
            starts_at=world.now - timedelta(days=1), ends_at=ends_at, added_by=world.service,
        )  # fmt: skip


def _work_ends(world: World) -> None:
    with acting_as(world.service, now=world.now):
        rows = CircleMember.objects.visible_to(world.service).filter(person_id=world.far)
        rows.filter(ends_at=None).update(ends_at=world.now)


def _work_never_was(world: World) -> None:
    """Nobody may delete such a row: it ended so long ago that nothing follows from it."""
    long_ago = world.now - timedelta(days=3650)
    with acting_as(world.service, now=world.now):
        rows = CircleMember.objects.visible_to(world.service).filter(person_id=world.far)
        rows.update(starts_at=long_ago, ends_at=long_ago + timedelta(seconds=1))


def _restrict(world: World) -> None:
    with world.manager() as who:
        restrict(
            person_id=world.near, kind="high_profile", reason=REASON, named=[staff_called("amir")], **who
        )


def _lift(world: World) -> None:
    with world.manager() as who:
        lift(person_id=world.near, reason=REASON, **who)


def _bar(world: World) -> None:
    with world.manager() as who:
        bar(person_id=world.near, colleague=staff_called(READER), reason=REASON, **who)


def _unbar(world: World) -> None:
    with world.manager() as who:
        unbar(person_id=world.near, colleague=staff_called(READER), **who)


def _status(status: str) -> Callable[[World], Any]:
    """Who is suspended is signed out, so who comes back signs in again."""

    def change(world: World) -> None:
        Staff.objects.filter(code=READER).update(status=status)
        if status == "active":
            world.sign_in()

    return change


def _agreement(ended: bool) -> Callable[[World], Any]:
    def change(world: World) -> None:
        with transaction.atomic():
            SharingAgreement.objects.update(ended_at=world.now if ended else None)
            compile_reach()

    return change


WAYS: dict[str, Way] = {
    "work with the child ends": Way("far", _work_begins, _work_ends, _work_never_was),
    "the child is restricted to others": Way("near", _nothing, _restrict, _lift),
    "a conflict of interest is said": Way("near", _nothing, _bar, _unbar),
    "the colleague is suspended": Way("near", _nothing, _status("suspended"), _status("active")),
    "the agreement is ended": Way("near", _nothing, _agreement(True), _agreement(False)),
}
# Ending an agreement compiles everybody's sets: the slowest way is drawn least.
OFTEN = [6, 6, 6, 6, 1]


@contextmanager
def _granted(world: World, choose: Choose) -> Iterator[tuple[str, Way, UUID]]:
    name = choose.choices(list(WAYS), OFTEN)[0]
    way = WAYS[name]
    world.later()
    way.grant(world)
    try:
        yield name, way, getattr(world, way.child)
    finally:
        way.restore(world)


def revoked_before_the_next_request(world: World, choose: Choose) -> list[str]:
    """Committed on one connection, a revocation is in force for whatever begins on another."""
    with _granted(world, choose) as (name, way, child):
        wrong = [f"{name}: {wall} showed nothing before" for wall, seen in _asked(world, child) if not seen]
        on_a_page = choose.random() < 0.1
        if on_a_page and world.as_reader(world.page, child)[0] != 200:
            wrong.append(f"{name}: the page did not open before")
        way.revoke(world)
        wrong += [f"{name}: {wall} still shows" for wall, seen in _asked(world, child) if seen]
        if on_a_page and _tells(world.as_reader(world.page, child)):
            wrong.append(f"{name}: the page still tells of the child")
    return wrong


def revoked_during_a_request(world: World, choose: Choose) -> list[str]:
    """A page between two of whose statements the revocation commits: as before it, or nothing of the child."""
    with _granted(world, choose) as (name, way, child):
        before = world.as_reader(world.page, child)
        stopped, go_on = threading.Event(), threading.Event()
        at = choose.randrange(45)
        under_way = world.readers.submit(_page_that_stops, world, child, at, stopped, go_on)
        stopped.wait(10)
        way.revoke(world)
        go_on.set()
        during = under_way.result(timeout=60)
        after = world.as_reader(world.page, child)
        if before[0] != 200 or _tells(after):
            return [f"{name}: not open before, or not shut after"]
        if during in (before, after) or not (during[0] == 200 or _tells(during)):
            return []
        return [f"{name}: stopped before statement {at}, the page was neither as before nor as after"]


def _page_that_stops(
    world: World, child: UUID, at: int, stopped: threading.Event, go_on: threading.Event
) -> tuple[int, bytes]:
    done = [0]

    def wait(execute, sql, params, many, context):
        if done[0] == at:
            stopped.set()
            go_on.wait(10)
        done[0] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wait):
        answered = world.page(child)
    stopped.set()
    return answered


def _asked(world: World, child: UUID) -> list[tuple[str, bool]]:
    return list(world.as_reader(world.sees, READER, child).items())


def _tells(answered: tuple[int, bytes]) -> bool:
    return any(name in answered[1] for name in SURNAMES)


# ------------------------------------------------------------------------------------ ended


def an_agreement_ends(world: World, choose: Choose) -> list[str]:
    # Few ends, each for many trials: each is compiled.
    world.later()
    world.end_of_the_agreement(MIDNIGHTS[choose.random() < 0.03])
    assert world.agreement_ends_at
    step, code = choose.choice(STEPS), choose.choice(world.under_the_agreement)
    seen = world.as_reader(world.sees, code, world.near, world.agreement_ends_at + step)
    return [
        f"{wall}: {yes} for {code} {step} from the end"
        for wall, yes in seen.items()
        if yes != (step < timedelta(0))
    ]


def a_stated_purpose_ends(world: World, choose: Choose) -> list[str]:
    world.later()
    ends_at = choose.choice([*EARLIER, world.now + timedelta(minutes=choose.randrange(1, 480))])
    step = choose.choice(STEPS)
    _work_begins(world, CircleMember.Kind.DUTY, ends_at)
    try:
        seen = world.as_reader(world.sees, READER, world.far, ends_at + step)
    finally:
        _work_never_was(world)
    return [
        f"{wall}: {yes} {step} from the end" for wall, yes in seen.items() if yes != (step < timedelta(0))
    ]


# ------------------------------------------------------------------------------------ nobody at work

READS: dict[str, Callable[[Any], Any]] = {
    "read": list,
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "first": lambda rows: rows.first(),
    "values": lambda rows: list(rows.values_list("pk", flat=True)),
    "a slice": lambda rows: list(rows[:3]),
    "piece by piece": lambda rows: list(rows.iterator()),
    "visible_to": lambda rows: list(rows.model.objects.visible_to(receiver())),
}


def no_context(world: World, choose: Choose) -> list[str]:
    """Once somebody's request is over, the program refuses by itself, whatever the database would say."""
    with acting_as(staff_called("amir"), now=world.now):
        pass
    model, name = choose.choice(guarded()), choose.choice(list(READS))

    def ask() -> str:
        return _not_refused(lambda: READS[name](model.objects.all()), NoAccessContext)

    found = world.as_reader(ask) if choose.random() < 0.5 else ask()
    return [f"{name} of {model._meta.label}: {found}"] if found else []


def raw_sql(world: World, choose: Choose) -> list[str]:
    """As the application's role, with no context or one that is none: an error or nothing."""
    table = choose.choice(sorted(probing.guarded_tables() | WALLED))
    name, statement = choose.choice(STATEMENTS)
    before = choose.choice(NO_CONTEXTS)

    def ask() -> object:
        with connection.cursor() as cursor:
            for one in before:
                cursor.execute(one)
            if name == "copy":
                with cursor.copy(statement.format(table)) as out:
                    return sum(1 for _ in out)
            cursor.execute(statement.format(table))
            if name == "count":
                return cursor.fetchone()[0]
            return cursor.rowcount if cursor.description is None else len(cursor.fetchall())

    found = _came_back(ask)
    return [f"{statement.format(table)} after {before}: {found}"] if found else []


WALLED = {"access_circlemember", "access_barred", "access_restriction", "access_auditentry"}
STATEMENTS = [
    ("rows", "SELECT * FROM {}"), ("rows", "TABLE {}"), ("count", "SELECT count(*) FROM {}"),
    ("rows", "SELECT 1 FROM {} FOR UPDATE"), ("rows", "UPDATE {} SET id = id"), ("rows", "DELETE FROM {}"),
    ("copy", "COPY {} TO STDOUT"), ("rows", "SELECT * FROM {} WHERE true OR engage_staff() IS NULL"),
    ("rows", "DELETE FROM {} RETURNING *"), ("rows", "ALTER TABLE {} DISABLE ROW LEVEL SECURITY"),
    ("rows", "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY"), ("rows", "CREATE POLICY mine ON {} USING (true)"),
    ("rows", "TRUNCATE {}"),
]  # fmt: skip
NO_CONTEXTS: list[list[str]] = [
    [],
    ["SELECT set_config('engage.staff', '', true)"],
    ["SELECT set_config('engage.staff', '8e7c1d3e-0000-4000-8000-000000000002', true)"],
    ["SELECT set_config('engage.now', '2026-11-02T09:00:00+00:00', true)"],
    ["SELECT set_config('engage.purpose', 'protect_this_child', true)"],
    ["SET LOCAL row_security = off"],
    ["SET LOCAL ROLE engage_owner"],
]

# ------------------------------------------------------------------------------------ a connection used again


class _Broken(Exception):
    pass


def a_connection_used_again(world: World, choose: Choose) -> list[str]:
    """However a request ended, the next on its connection knows nothing of it."""
    how = choose.choice(["well", "an error in the program", "an error in the database", "as a job inside"])
    code = choose.choice(list(world.usual))

    def ask() -> list[str]:
        connection.ensure_connection()
        number = connection.connection.info.backend_pid
        amir = staff_called("amir")
        try:
            with acting_as(amir, now=world.now):
                list(Record.objects.visible_to(amir))
                if how == "an error in the program":
                    raise _Broken
                if how == "an error in the database":
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT 1 / 0")
                if how == "as a job inside":
                    with acting_as(world.service, now=world.now):
                        list(Record.objects.visible_to(world.service))
        except (_Broken, DatabaseError):
            pass
        wrong = []
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('engage.staff', true), '')")
            if cursor.fetchone()[0] or at_work.get() is not None:
                wrong.append("the context is still there")
        if _came_back(lambda: _all_of("people_record")):
            wrong.append("rows without a context")
        if world.sees(code, world.near) != world.usual[code]:
            wrong.append(f"{code} sees what only the one before may see")
        if connection.connection.info.backend_pid != number:
            wrong.append("it was another connection: nothing was tried")
        return [f"after one that ended {how}: {one}" for one in wrong]

    return world.as_reader(ask)


def _all_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        return len(cursor.fetchall())


# ------------------------------------------------------------------------------------ streamed


def _read_while_sent(staff: Staff) -> Iterator[str]:
    yield from (row.surname for row in Record.objects.visible_to(staff))


def _asked_for_before(staff: Staff) -> Iterator[str]:
    return _later(list, Record.objects.visible_to(staff))


def _past_the_program(staff: Staff) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT surname FROM people_record")
        yield from (surname for (surname,) in cursor.fetchall())


def _with_the_context_kept(staff: Staff) -> Iterator[str]:
    return _later(contextvars.copy_context().run, list, Record.objects.visible_to(staff))


def _later(ask: Callable[..., list], *given: Any) -> Iterator[str]:
    yield from (row.surname for row in ask(*given))


STREAMS: dict[str, Callable[[Staff], Iterator[str]]] = {
    "read while it is sent": _read_while_sent,
    "asked for in the request, read while it is sent": _asked_for_before,
    "with SQL while it is sent": _past_the_program,
    "with the request's context kept": _with_the_context_kept,
}
TOO_LATE = "a template made ready too late"


def a_streamed_answer(world: World, choose: Choose) -> list[str]:
    """What would be read while an answer is being sent is not read at all: the request is over by then."""
    name = choose.choice([*STREAMS, TOO_LATE])
    world.later()

    @staff_page("trial_stream")
    def view(request):
        if name == TOO_LATE:
            page = engines["django"].from_string("{% for one in rows %}{{ one.surname }}{% endfor %}")
            return SimpleTemplateResponse(page, {"rows": Record.objects.visible_to(request.staff)})
        return StreamingHttpResponse(STREAMS[name](request.staff))

    request = RequestFactory().get("/trial/")
    request.user, request.session = staff_called(READER).user, SessionStore(world.session)
    sent = []
    try:
        response = view(request)
        if response.status_code != 200:
            where = response.get("Location", "")
            return [f"{name}: answered {response.status_code} {where}, nothing was tried"]
        sent += [response.render().content] if name == TOO_LATE else response.streaming_content
    except (NoAccessContext, DatabaseError):
        pass
    return [f"{name}: {len(sent)} pieces were sent"] if sent else []


# ------------------------------------------------------------------------------------ in the background


def a_background_job(world: World, choose: Choose) -> list[str]:
    """Work handed to another thread, or left over, is nobody's until it goes to work as a named service."""
    name = choose.choice(
        ["nobody", "rows asked for here, read there", "somebody else", "the context taken along", "left over"]
    )
    amir, model = staff_called("amir"), choose.choice(guarded())
    with acting_as(amir, now=world.now):
        rows, taken = Record.objects.visible_to(amir), contextvars.copy_context()
        if name == "somebody else":
            found = _not_refused(lambda: Record.objects.visible_to(world.service), NoAccessContext)
        elif name == "rows asked for here, read there":
            found = world.as_reader(_not_refused, lambda: list(rows), NoAccessContext)
        elif name == "the context taken along":
            # The program takes the thread for the one at work; the database knows better.
            found = world.as_reader(_came_back, lambda: taken.run(list, rows))
        elif name == "nobody":
            found = world.as_reader(_not_refused, lambda: list(model.objects.all()), NoAccessContext)
        else:
            found = ""
    if name == "left over":
        found = _came_back(lambda: taken.run(list, rows.all()))
    return [f"{name}: {found}"] if found else []


def _not_refused(ask: Callable[[], Any], refusal: type[Exception]) -> str:
    try:
        with transaction.atomic():
            found = ask()
    except refusal:
        return ""
    except DatabaseError:
        return "the database had to refuse"
    return f"not refused: {type(found).__name__}"


def _came_back(ask: Callable[[], Any]) -> str:
    """What came back, taken back again; empty for an error or nothing."""
    try:
        with transaction.atomic():
            found = ask()
            transaction.set_rollback(True)
    except (NoAccessContext, DatabaseError, psycopg.Error):  # Django does not translate what a COPY says
        return ""
    found = len(found) if isinstance(found, list) else found
    return f"{found} rows" if found else ""


# How often of sixty each is tried.
TRIALS: dict[str, tuple[Trial, int]] = {
    "revoked before the next request": (revoked_before_the_next_request, 12),
    "revoked during a request": (revoked_during_a_request, 2),
    "an agreement ends": (an_agreement_ends, 9),
    "a stated purpose ends": (a_stated_purpose_ends, 9),
    "no context": (no_context, 8),
    "a connection used again": (a_connection_used_again, 7),
    "a streamed answer": (a_streamed_answer, 4),
    "a background job": (a_background_job, 4),
    "raw SQL": (raw_sql, 5),
}


def forget_the_context(world: World) -> None:
    """What a fault left on both connections."""

    def forget() -> None:
        with connection.cursor() as cursor:
            cursor.execute("RESET engage.staff; RESET engage.purpose; RESET engage.now")

    forget()
    world.as_reader(forget)
