"""docs/reference/dpia.md: what an impact assessment needs to know of Engage, from its schema and its policy."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from django.db import models

from engage.practice.access.doors import ROLE_NAMES
from engage.practice.access.gate import GuardedManager
from engage.practice.access.models import Guarded
from engage.practice.access.policy import (
    CompartmentClass,
    Label,
    Owner,
    Profile,
    policy_text,
    purposes_of,
    reach,
    rules_by_name,
)
from engage.practice.access.reach import CORE_TEAM_ROLES
from engage.reference import categories, categories_of_data, risks, roles

from .data_model import COMMON, _statements, our_models
from .markdown import cell, code, table, written

INTRODUCTION = """What a data-protection impact assessment needs to know of the software, written from its tables and its policy: which personal data, who may read
them, what protects them, which rules decide, and which risks remain. It is a pack for your assessment and not the assessment.

**Yours to write**: why the processing is needed and proportionate where you are; whom you consulted, children and families among them; your
data-protection officer's advice; the agreements' own terms; what your proxy, disks, offices and training do; and who signs.
Marks of the law: **V** read at its source, **P** known in part, **N** not verified."""

# The category of what a table holds, where it is always the same. Elsewhere each row says it by its compartment.
CATEGORIES = {
    "Record": "C01", "RecordDetail": "C01", "Identifier": "C01, telephone C01L", "Address": "C01L",
    "SourceRecord": "several, as sent", "SetAsideRow": "several, as sent", "Referral": "C06", "Call": "C21",
    "MissingReport": "C03", "ReportPlaces": "C03P", "ReturnInterview": "C03", "FirstLook": "C06",
    "ExploitationJudgement": "C06", "AuditEntry": "C25", "Letter": "C21", "CircleMember": "C25",
    "Opinion": "C01: a colleague’s word on two records", "WayOfContact": "C01L", "NotToPerson": "C01", "Outgoing": "C01L", "SealedItem": "C06, sealed",
    "UnexplainedLook": "C25", "ReadingAlarm": "C25", "AuditSubject": "C25", "MixtureSeen": "C25", "SearchNoticed": "C25",
    "SearchAsked": "C25, as keyed hashes, until a job has looked", "ProtectedLocation": "that where a child is must not be known",
    "SubjectRequest": "who asks and about whom", "RequestHold": "none of a child's: why a clock stands still",
    "Bundle": "C01", "BundleSpan": "several, word for word: each span says which", "SpanDecision": "several, as the span it is of",
    "Mark": "several, as the span it is of", "BundleFile": "several: the bundle as it leaves",
    "Breach": "names no child: what happened, in words", "BreachStep": "names no child: what was done, in words",
    "Hold": "a child's reference, where it is of one", "Plan": "counts", "PlanItem": "ids of records", "Approval": "none: who approved",
    "Tombstone": "keyed hashes of what is gone",
    "QuestionAsked": "C25: that a sister team was asked, and what came of it",
    "QuestionReceived": "names no child: another team’s case numbers", "VolumeAlarm": "counts of what another team asked",
    "Staff": "none: people at work", "Session": "none: people at work", "SignOut": "none: people at work",
}  # fmt: skip
# Without a wall because no compartment fits them, and personal all the same.
PERSONAL_WITHOUT_WALL = {
    "Letter": "read by whoever answers the phone line, through a function of the database",
    "Staff": "names of colleagues",
    "AuditEntry": "pseudonyms; the program writes it, and reads it through functions of the database that ask who is acting",
    "AuditSubject": "pseudonyms; the database alone writes and reads it",
    "Session": "colleagues: since when and on what kind of device, no network address",
    "SignOut": "why colleagues were signed out by others",
    "Tombstone": "keyed hashes; without the key they name nobody",
}
NOT_ACCOUNTED = {
    "AuditSubject": "written with the account itself",
    "Session": "ending one is accounted for; signing in is not",
    "Staff": "changes of staff are not accounted for",
    "AuditEntry": "the account itself; rows are never altered",
}
WAYS = {
    ("own", "see_any_child"): "Own agency's records, of any child",
    ("party", "see_child_in_circle"): "Another agency's, by an agreement: children they work with",
    ("party", "see_child_in_area"): "Another agency's, by an agreement: any child of their area",
    ("party", "see_any_child"): "Another agency's, by an agreement: any child",
    ("party", "see_named_child"): "Restricted rows: children for whom they are named",
}
LABELS: tuple[Label, ...] = ("full", "summary", "restricted", "unverified")
OWNERS: tuple[Owner, ...] = ("own", "party")


def page() -> str:
    personal = [one for one in our_models() if _is_personal(one)]
    return written(
        "Impact assessment: what the software brings",
        "the models, the policy and src/engage/reference/dpia-risks.csv",
        INTRODUCTION,
        "## Personal data",
        "Every column that both walls compare (compartment, person, area) is left out. **Encrypted** means by the program itself, beyond"
        " the disk. All but the list of staff is read and changed through doors that account for each look and each deed.",
        table(
            ["Table", "Holds", "Category", "Fields", "Both walls", "Encrypted", "Account"],
            [_model(one) for one in personal],
        ),
        "## Who may read what",
        "By role, for its usual purpose, as the policy answers; (in short) where the summary alone is open. A restricted child, a conflict of"
        " interest and a sealed record shut what is open here. No jobs of the software are listed: they show nothing to anybody.",
        *_who(),
        "## The rules",
        table(["Rule", "Says", "Law"], [(code(name), says, law) for name, says, law in rules_by_name(_rules())]),
        "## Risks",
        "As we judge them: yours to weigh anew. Each measure names the test that holds it, or the page where it is asked of you.",
        table(
            ["Risk", "For whom", "Measure", "Held by", "What remains"],
            [(one.risk, one.for_whom, one.measure, code(one.held_by), one.remains) for one in risks()],
        ),
        "More: [record of processing](article-30.md), [SECURITY](../../SECURITY.md), [data model](data-model.md).",
    )  # fmt: skip


def _is_personal(model: type[models.Model]) -> bool:
    return isinstance(model._default_manager, GuardedManager) or model.__name__ in PERSONAL_WITHOUT_WALL


def _model(model: type[models.Model]) -> tuple[str, ...]:
    about = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    shared = COMMON if hasattr(model, "compartment_id") else {"id"}
    fields = [
        one.name for one in model._meta.concrete_fields if one.name not in shared | {"person_id", "record_id"}
    ]
    walled = isinstance(model._default_manager, GuardedManager)
    by_row = "by row" if issubclass(model, Guarded) else "follows from the rows it belongs to"
    return (
        code(model._meta.db_table),
        "" if about.startswith(f"{model.__name__}(") else about,
        CATEGORIES.get(model.__name__, by_row),
        ", ".join(fields),
        "yes" if walled else f"no: {PERSONAL_WITHOUT_WALL[model.__name__]}",
        _encrypted(model),
        _account(model),
    )  # fmt: skip


def _account(model: type[models.Model]) -> str:
    if model.__name__ in NOT_ACCOUNTED:
        return NOT_ACCOUNTED[model.__name__]
    fixed = f"CREATE TRIGGER {model._meta.db_table}_append_only" in _statements()
    return "each look and deed; rows are never altered" if fixed else "each look and deed"


def _encrypted(model: type[models.Model]) -> str:
    """Fields whose class says of itself that it seals what it keeps."""
    sealed = [one.name for one in model._meta.concrete_fields if "ncrypted" in type(one).__name__]
    return ", ".join(sealed) or "no"


@cache
def _answers() -> dict[tuple[str, str, str], dict[str, list[Label]]]:
    """(owner, action, category) to the labels that are open, by role."""
    classes = [
        CompartmentClass(owner, category, label)
        for owner in OWNERS
        for category in categories()
        for label in LABELS
    ]
    profiles = [
        Profile(role=role, purpose=purposes_of(role)[0], core_team=role in CORE_TEAM_ROLES, active=True)
        for role in roles()
    ]
    found: dict = defaultdict(lambda: defaultdict(list))
    for (profile, cls), actions in reach(profiles, classes).items():
        for action in actions:
            found[cls.owner, action, cls.category][profile.role].append(cls.label)
    return found  # fmt: skip


def _who() -> list[str]:
    parts = []
    for (owner, action), title in WAYS.items():
        rows = []
        for category, name in categories().items():
            open_to = _answers().get((owner, action, category), {})
            readers = [_reader(role, open_to[role]) for role in roles() if role in open_to]
            if readers:
                about = categories_of_data()[category]
                rows.append((category, name, about.special or "no", ", ".join(readers)))
        parts += [f"### {title}", table(["Category", "What it holds", "Special", "Roles"], rows)]
    return parts


def _reader(role: str, labels: list[Label]) -> str:
    name = cell(ROLE_NAMES[role])
    return f"{name} (in short)" if labels == ["summary"] else name


def _rules() -> list[str]:
    return [line.split('"')[1] for line in policy_text().splitlines() if line.startswith('@id("')]
