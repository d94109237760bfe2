"""docs/reference/data-model.md, from the models and the migrations that build the second wall."""

from __future__ import annotations

import inspect
import re
from functools import cache

from django.apps import apps
from django.db import models
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

from engage.practice.access.encrypted import EncryptedText
from engage.practice.access.gate import GuardedManager
from engage.practice.access.walls import ADD_RULE, CONTEXT, KEEPS_LOCATION, ROW_RULE

from .markdown import code, table, written

INTRODUCTION = """Every table of Engage, app by app in the order of a child's journey. Tables of Django and of the libraries (accounts,
sessions, jobs) hold nothing about children and are not listed.

Rows with personal data stand behind two walls that compare the same numbers: `visible_to(staff)` on every query set, and
row-level security, forced, in PostgreSQL. Which wall a table has is said below it. Who may see which compartment:
[access policy](access-policy.md). Why there is no table of persons and none of episodes:
[0001](../decisions/0001-a-person-is-not-a-row.md), [0004](../decisions/0004-an-episode-is-no-row-of-its-own.md)."""

GUARDED = """Columns that every row in a compartment has, and that are not repeated below:

- `id`: random, made by the program
- `compartment`: owner, category and label, as one small number
- `person_id`: the person the row's record belongs to; follows from the grouping
- `area`: the districts of that person, one bit each; follows from the records

And every row that belongs to a record:

- `record`: the record. This is the truth; `person_id` and `area` follow from it
- `source`: the source record it was drawn from; empty for what was typed at a desk
- `current`: false once a newer version of its source row stands in its place
- `recorded_at`: when Engage was told"""

COMMON = {"id", "compartment", "person_id", "area", "record", "source", "current", "recorded_at"}
LEFT_OUT_OF_THE_PICTURE = {"Agency", "Staff", "Compartment", "SourceRecord", "Team", "User"}


def page() -> str:
    parts = [INTRODUCTION, "## The rule of a row", _rules(), "## In one picture", _picture(), GUARDED]
    app = None
    for model in our_models():
        if model._meta.app_label != app:
            app = model._meta.app_label
            about = inspect.getdoc(inspect.getmodule(model)) or ""
            parts.append(f"## {app}\n\n{about}")
        parts.append(_model(model))
    return written("Data model", "the models and their migrations", *parts)


def our_models() -> list[type[models.Model]]:
    """In the order of the installed apps, and of the text within each."""
    return [
        model
        for model in apps.get_models()
        if model.__module__.startswith("engage.") and not model._meta.proxy
    ]


def _rules() -> str:
    return "\n\n".join(
        [
            "A row in a compartment is seen if",
            f"```sql\n{inspect.cleandoc(ROW_RULE)}\n```",
            "and may be added if",
            f"```sql\n{ADD_RULE}\n```",
            "On tables that hold rows on where a child is, one rule stands beside every other, stricter than all of them:",
            f"```sql\n{inspect.cleandoc(KEEPS_LOCATION)}\n```",
            "Changing and removing ask the rule of seeing: who may change what is the action's question, and a stricter rule in"
            ' the database would turn "not permitted" into "does not exist". The sets come from these functions, which read who'
            " is acting, for which purpose and when, from settings of the transaction:",
            table(
                ["Function", "Gives"],
                [(code(name), gives) for name, gives in FUNCTIONS.items() if name.split("(")[0] in CONTEXT],
            ),
        ]
    )


FUNCTIONS = {
    "engage_staff()": "who is acting; raises where nobody is",
    "engage_now()": "the time of the deed",
    "engage_reach(set)": "compartments of the acting person's profile: any_child, in_area, in_circle, named_child, may_add",
    "engage_district_bits()": "districts of the person's team",
    "engage_people()": "children in whose circle the person is now, whoever merely stated a purpose left out",
    "engage_named_people()": "those for whom the person was named",
    "engage_barred()": "children of whom the person must see nothing",
    "engage_is_service()": "whether a job of Engage itself is acting",
}


def _picture() -> str:
    lines = ["```mermaid", "erDiagram"]
    for model in our_models():
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey):
                continue
            other = field.related_model
            if inspect.isclass(other) and other.__name__ not in LEFT_OUT_OF_THE_PICTURE:
                many = "|o" if field.null else "||"
                lines.append(f"  {other.__name__} {many}--o{{ {model.__name__} : {field.name}")
    return "\n".join([*lines, "```"])


def _model(model: type[models.Model]) -> str:
    parts = [f"### {model.__name__}", inspect.getdoc(model) if _documented(model) else ""]
    parts.append(f"Table `{model._meta.db_table}`. {_wall(model)}")
    shared = COMMON if hasattr(model, "compartment_id") else set()
    rows = [
        (code(field.name), _kind(field), _about(field))
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
        if field.name not in shared
    ]
    parts.append(table(["Field", "Type", "What"], rows))
    refused = [_constraint(one) for one in model._meta.constraints]
    if refused:
        parts.append("The database refuses what breaks: " + "; ".join(refused) + ".")
    return "\n\n".join(part for part in parts if part)


def _documented(model: type[models.Model]) -> bool:
    # Django writes "Name(field, field…)" where a model has no words of its own.
    return not (model.__doc__ or "").startswith(f"{model.__name__}(")


def _constraint(constraint: models.BaseConstraint) -> str:
    name = constraint.name.replace("_", " ")
    if not isinstance(constraint, models.UniqueConstraint):
        return name
    fields = constraint.fields or tuple(str(getattr(one, "name", one)) for one in constraint.expressions)
    return f"{name} ({', '.join(fields)})"


def _kind(field: models.Field) -> str:
    if isinstance(field, models.ForeignKey | models.OneToOneField | models.ManyToManyField):
        many = "several of" if field.many_to_many else "one of"
        other = field.related_model
        found = f"{many} {other.__name__ if inspect.isclass(other) else other}"
    elif hasattr(field, "base_field"):
        found = f"list of {_plain(field.base_field)}"
    else:
        found = _plain(field)
    return f"{found}, may be empty" if field.null else found


def _plain(field: models.Field) -> str:
    words = {
        "CharField": f"text up to {field.max_length}",
        "TextField": "text",
        "UUIDField": "uuid",
        "DateTimeField": "moment (UTC)",
        "DateField": "day",
        "BooleanField": "yes or no",
        "JSONField": "JSON",
        "BinaryField": "bytes",
        "FloatField": "number",
    }
    if isinstance(field, EncryptedText):
        return f"encrypted text up to {field.max_length}" if field.max_length else "encrypted text"
    name = field.get_internal_type()
    return words.get(name) or ("whole number" if "Integer" in name or "Auto" in name else name)


def _about(field: models.Field) -> str:
    said = [str(field.help_text)] if field.help_text else []
    if field.choices:
        said.append("One of: " + ", ".join(f"{code(value)} {label}" for value, label in field.flatchoices))
    return ". ".join(one.rstrip(".") for one in said)


@cache
def _statements() -> str:
    """All SQL of our own migrations, in the order of their names."""
    loader = MigrationLoader(None)
    return "\n".join(
        str(operation.sql)
        for _, migration in sorted(loader.disk_migrations.items())
        if migration.__module__.startswith("engage.")
        for operation in migration.operations
        if isinstance(operation, RunSQL)
    )


def _wall(model: type[models.Model]) -> str:
    name = model._meta.db_table
    more = []
    if f"CREATE TRIGGER {name}_append_only" in _statements():
        more.append("**Append-only**: nobody, the owner role included, alters or removes a row.")
    if f"REVOKE ALL ON {name} FROM engage_app" in _statements():
        more.append(
            "The application may insert and nothing else: it cannot read it back."
            if f"GRANT INSERT ON {name}" in _statements()
            else "The application can neither read nor write it."
        )
    if not isinstance(model._default_manager, GuardedManager):
        return " ".join(["No personal data about a child or an adult of concern: no wall.", *more])
    rule = re.search(
        rf"CREATE POLICY see ON {name} FOR SELECT USING \((.*?)\);\nCREATE POLICY add",
        _statements(),
        re.DOTALL,
    )
    if rule is None:
        raise LookupError(f"No migration builds the second wall of {name}.")
    if rule[1] == ROW_RULE:
        said = "Wall: the rule of a row."
    elif "EXISTS" in rule[1]:
        others = re.findall(r"FROM (\w+) o WHERE o\.(\w+) = \w+\.(\w+)", rule[1])
        through = " and ".join(
            f"the row of `{other}` whose `{theirs}` is its `{ours}`" for other, theirs, ours in others
        )
        said = f"Wall: seen by whoever sees {through}."
    else:
        said = f"Wall: a rule of its own: `{' '.join(rule[1].split())}`."
    return " ".join([said, *more])
