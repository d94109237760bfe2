"""Every way in: pages, API, jobs and commands are accounted for, and somebody is at work behind each."""

import ast
import inspect
from pathlib import Path

import pytest
import typer
from procrastinate.contrib.django import app as jobs

import engage
from engage.__main__ import app as command_line
from engage.practice.access.open_routes import OPEN, every_route
from engage.practice.receiving.api import api

SOURCE = Path(engage.__file__).parent

# Doors behind which nobody has to be at work, and why.
WITHOUT_PERSONAL_DATA = {
    "formats list": "what columns mean",
    "token list": "tokens of machines",
    "agreement list": "agreements between organisations",
    "agreement show": "agreements between organisations",
    "letter post": "puts one in as the public role, which can read nothing",
    "database migrate": "tables, as the owner role",
    "database real-work": "what the database is for",
    "doctor": "which settings are there, how many leads, whether the scanner answers",
    "staff add-agency": "organisations",
    "staff add-team": "organisations",
    "staff add": "colleagues at work",
    "staff left": "colleagues at work",
    "staff invite": "colleagues at work",
    "staff bind": "colleagues at work",
    "staff unbind": "colleagues at work",
    "staff suspend": "colleagues at work",
    "staff back": "colleagues at work",
    "ledger key": "a public key",
    "sister key": "a public key",
    "sister list": "teams, and how old their filters are",
    "keys make": "a file with a key",
    "keys check": "opens what is encrypted, as the owner role, and shows what does not open by its table and id",
    "witness": "sizes and hashes, at a partner's; without a database",
    "ledger verify": "pseudonyms and hashes, compared and not shown",
    "linkage models": "weights, and which colleague adopted them",
    "linkage run": "the caller’s own file, where no database is: nothing that Engage keeps can be read",
    "linkage evaluate": "ids of the caller’s own files, where no database is",
}
JOBS_WITHOUT_PERSONAL_DATA = {
    "discard_forgotten_uploads": "removes files by their age, unread",
    "resume_stalled_jobs": "begins jobs again by their ids; each then goes to work as its own service",
}
# Pages on which a service reads beside the person, and what for.
SERVICES_BEHIND_PAGES = {
    "desk/child.py": "when any file of an agency last came, the same answer whichever child is shown",
    "practice/screening/views.py": "when any file of an agency last came, the same answer whichever child is shown",
    "practice/receiving/api.py": "a machine's token has no reader: the receiver fetches its agency's own receipt",
}


def our_patterns():
    return [(here, view) for here, view in every_route() if not here.startswith(("accounts/", "api/"))]


def test_the_pages_were_found():
    assert {"today/", "first-looks/", "children/<uuid:person_id>/"} <= {here for here, _ in our_patterns()}


@pytest.mark.parametrize(("address", "view"), our_patterns(), ids=[here for here, _ in our_patterns()])
def test_every_page_is_a_staff_page_or_open_for_a_reason(address, view):
    assert (getattr(view, "staff_page", None) is not None) != (address in OPEN)


# A page that is told from the child's own in the account would tell whoever reads that account what is sealed.
AS_THE_CHILD_S_PAGE = "engage.practice.people.views_sealing"


def test_each_staff_page_is_told_apart_in_the_audit():
    pages = [view for _, view in our_patterns() if hasattr(view, "staff_page")]
    assert {view.staff_page for view in pages if view.__module__ == AS_THE_CHILD_S_PAGE} == {"child", "today"}
    names = [view.staff_page for view in pages if view.__module__ != AS_THE_CHILD_S_PAGE]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def operations():
    for _, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield path, operation


def test_every_operation_of_the_api_asks_who_is_there():
    found = list(operations())
    assert found
    assert [path for path, operation in found if not operation.auth_callbacks] == []


def commands(group=None, prefix=""):
    group = group or typer.main.get_command(command_line)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


EVERY_COMMAND = dict(commands())


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_every_command_and_its_options_say_what_they_are_for(name):
    command = EVERY_COMMAND[name]
    assert command.help
    assert [one.name for one in command.params if one.name != "help" and not one.help] == []


def our_jobs():
    return {
        name: task.func for name, task in jobs.tasks.items() if task.func.__module__.startswith("engage.")
    }


def test_every_job_is_found_in_a_module_of_jobs():
    assert our_jobs()
    assert {function.__module__.rpartition(".")[2] for function in our_jobs().values()} == {"jobs"}


@pytest.mark.parametrize("name", sorted(our_jobs()))
def test_every_job_goes_to_work_as_a_named_service(name):
    assert goes_to_work(our_jobs()[name]) != (name in JOBS_WITHOUT_PERSONAL_DATA)


@pytest.mark.parametrize("name", sorted(set(EVERY_COMMAND) - {"demo"}))
def test_r13_every_command_with_personal_data_goes_to_work_as_somebody(name):
    callback = inspect.unwrap(EVERY_COMMAND[name].callback)
    if callback.__module__.startswith("engage.config.documents"):
        pytest.skip("writes down what the code says of itself")
    assert goes_to_work(callback) != (name in WITHOUT_PERSONAL_DATA)


def goes_to_work(function, *, steps: int = 4) -> bool:
    """Whether `acting_as` is called by the function, or by functions of ours that it calls, within some steps."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name == "acting_as":
            return True
        if steps and isinstance(called, ast.Name):
            below = inspect.unwrap(function.__globals__.get(name)) if name in function.__globals__ else None
            if (
                inspect.isfunction(below)
                and below.__module__.startswith("engage.")
                and below is not function
                and goes_to_work(below, steps=steps - 1)
            ):
                return True
    return False


def test_a_service_reads_behind_a_page_only_for_a_reason():
    behind = {
        path.relative_to(SOURCE).as_posix()
        for path in [
            *SOURCE.glob("desk/*.py"),
            *SOURCE.glob("practice/*/views.py"),
            *SOURCE.glob("practice/*/api.py"),
        ]
        if "acting_as(" in path.read_text(encoding="utf-8")
    }
    assert behind == set(SERVICES_BEHIND_PAGES)
