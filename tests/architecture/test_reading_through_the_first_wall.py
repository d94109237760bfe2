"""Pages, API and queries read guarded rows through `visible_to` alone."""

import ast
from pathlib import Path

import pytest
from django.apps import apps

import engage
from engage.practice.access.gate import GuardedManager

SOURCE = Path(engage.__file__).parent
MODULES = sorted(
    path
    for part in ("practice", "desk", "config")
    for path in (SOURCE / part).rglob("*.py")
    if "migrations" not in path.parts and path.parent.name != "access"
)
GUARDED = {
    model.__name__
    for model in apps.get_models()
    if model.__module__.startswith("engage.") and isinstance(model._default_manager, GuardedManager)
}
# Writing new rows needs no sight of old ones; a bulk update takes rows that somebody read already.
WRITES = {"create", "bulk_create", "bulk_update"}
EXCEPTIONS: dict[tuple[str, str], str] = {}


def inside(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def reads_past_the_wall(text: str) -> list[tuple[str, str, int]]:
    """(model, method, line) of each use of a guarded model's manager but through `visible_to`."""
    found = []
    for node in ast.walk(ast.parse(text)):
        manager = node.value if isinstance(node, ast.Attribute) else None
        if (
            isinstance(manager, ast.Attribute)
            and manager.attr in {"objects", "_default_manager", "_base_manager"}
            and ((model := last_name(manager.value)) in GUARDED or held_in_a_variable(model))
            and node.attr not in {"visible_to", *WRITES}
        ):
            found.append((model, node.attr, node.lineno))
    return found


def held_in_a_variable(model: str) -> bool:
    """Which model that is cannot be read here, so it is taken for a guarded one."""
    return model[:1].islower()


def last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def test_the_guarded_models_were_found():
    assert {"Record", "Fact", "MissingReport", "FirstLook", "ReceivedFile", "CircleMember"} <= GUARDED


@pytest.mark.parametrize("path", MODULES, ids=inside)
def test_guarded_rows_are_read_through_visible_to(path):
    past = reads_past_the_wall(path.read_text(encoding="utf-8"))
    assert [one for one in past if (inside(path), one[0]) not in EXCEPTIONS] == []


def test_every_exception_is_still_needed():
    used = {
        (inside(path), model)
        for path in MODULES
        for model, _, _ in reads_past_the_wall(path.read_text(encoding="utf-8"))
    }
    assert set(EXCEPTIONS) <= used


@pytest.mark.parametrize(
    ("line", "past"),
    [
        ("Record.objects.visible_to(by).filter(pk=1)", False),
        ("Record.objects.create(area=1)", False),
        ("Record.objects.filter(pk=1)", True),
        ("models.Record.objects.all()", True),
        ("Record._base_manager.all()", True),
        ("Agency.objects.all()", False),
        ("model.objects.visible_to(by).filter(pk=1)", False),
        ("model.objects.filter(pk=1)", True),
        ("self.model._default_manager.all()", True),
    ],
)
def test_reading_past_the_wall_is_recognised(line, past):
    assert bool(reads_past_the_wall(line)) is past


def test_statements_of_our_own_stand_in_deeds_and_never_behind_a_page():
    # A statement in SQL meets the second wall alone: fit for regrouping and writing many rows, not for showing.
    # Those of retention and of mixtures ask functions of the owner, which look by themselves.
    deeds = ("actions", "grouping", "mixtures", "planning")
    # Keys of a search are each read no further than some hundred rows, which Django cannot say: the statement around
    # them is ours, what it reads is `visible_to`.
    around_the_first_wall = "practice/people/finding.py"
    assert "Token.objects.visible_to(reader)" in (SOURCE / around_the_first_wall).read_text(encoding="utf-8")
    showing = [
        f"{inside(path)}:{node.lineno}"
        for path in MODULES
        if not any(deed in path.relative_to(SOURCE).with_suffix("").parts for deed in deeds)
        and path != SOURCE / around_the_first_wall
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"cursor", "raw", "extra"}
        if isinstance(node.value, ast.Name | ast.Attribute)
        if last_name(node.value) in {"connection", "objects", "connections"}
    ]
    assert showing == []
