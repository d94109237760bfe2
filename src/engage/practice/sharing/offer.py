"""What may be told of a child: from rows that the sender sees, and only what the recipient's letters allow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from engage.govuk.london_time import date_words
from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import Address, Fact, Identifier, Record, RecordDetail
from engage.practice.people.queries import ShownIdentity, records_of, shown_identity
from engage.reference import fact_titles, sharing_matrix

# Categories that a second person looks at before they leave, whoever the recipient is.
ALWAYS_SECOND = frozenset({"C10", "C11", "C15", "C16", "C17", "C22", "C23"})
NEVER_OFFERED = frozenset({"clinical_note", "health_service", "health_contact"})
# What the summary of a category says (11.3 of who may see what in prose), where agencies send it as a full row.
SAID_IN_SUMMARIES = frozenset(
    {
        ("C02", "parents"),
        ("C05", "summary_for_team"),
        ("C07", "social_care_status"),
        ("C07", "social_worker"),
        ("C13", "school"),
    }
)
A_HEALTH_SERVICE = "a health service"


@dataclass(frozen=True, slots=True)
class Shareable:
    """One thing that could be told. `key` names the row; `said` is what would leave, word for word."""

    key: str
    category: str
    what: str
    said: str
    told_by: str
    when: str = ""
    in_full: bool = False  # says more than the summary of its category
    restricted: bool = False  # for those alone who are named


@dataclass(frozen=True, slots=True)
class Allowed:
    allowed: bool
    second_because: str = ""
    sentence: str = ""


# Later apps add what they know: each a function of the child and the sender.
shareable: list[Callable[[UUID, Staff], Sequence[Shareable]]] = []


def offered(person_id: UUID, sender: Staff) -> list[Shareable]:
    """Everything the sender sees of the child that could be told: who the child is, what colleagues judged and when the
    child was missing, then what agencies sent, like beside like and the latest first."""
    found = _who(person_id, sender)
    for more in shareable:
        found += more(person_id, sender)
    return [*found, *sorted(_facts(person_id, sender), key=lambda item: (item.category, item.what))]


def may_leave(item: Shareable, recipient: Staff) -> Allowed:
    """By the letter that the recipient's role has for the category.

    F: it may. S: in short it may; in full a second person decides. R: a second person decides, as with a grant. A and N:
    never, and no grant is possible. What is restricted always takes a second person.
    """
    letter = sharing_matrix().get((recipient.role, item.category), "N")
    if letter in ("N", "A"):
        return Allowed(
            False,
            sentence=f"“{item.what}” is never for {recipient.name}’s role. Ask your information-governance lead.",
        )
    if item.category in ALWAYS_SECOND:
        return Allowed(True, f"“{item.what}” is of a kind that a second person always looks at.")
    if item.restricted:
        return Allowed(True, f"“{item.what}” is restricted to those who are named.")
    if letter == "S" and item.in_full:
        return Allowed(True, f"Of “{item.what}” {recipient.name}’s role reads no more than a summary.")
    if letter == "R":
        return Allowed(True, f"“{item.what}” goes to {recipient.agency.name} only case by case.")
    return Allowed(True)


def fingerprint(about: str, items: Sequence[Shareable], recipient: Staff) -> str:
    """Of exactly what leaves and to whom: another word, and it is another fingerprint."""
    leaves = [
        about,
        str(recipient.pk),
        [[i.key, i.category, i.what, i.said, i.told_by, i.when] for i in items],
    ]
    return hashlib.sha256(json.dumps(leaves, ensure_ascii=False).encode()).hexdigest()


def name_of(identity: ShownIdentity) -> str:
    """Without it a disclosure tells of nobody: name, age and district stand above every one."""
    age = f", age {identity.age}" if identity.age else ""
    return f"{identity.name}{age}{f', {identity.district}' if identity.district else ''}"


def about_child(person_id: UUID, sender: Staff) -> tuple[str, Record]:
    """How the child is named, and the record on which the decision is kept. Raises Record.DoesNotExist."""
    records = records_of(person_id, sender)
    if not records:
        raise Record.DoesNotExist
    return name_of(shown_identity([person_id], sender)[person_id]), records[0]


def _who(person_id: UUID, sender: Staff) -> list[Shareable]:
    found = []
    for detail in _rows(RecordDetail, person_id, sender).filter(born_on__isnull=False):
        found.append(_one("detail", detail, "C01", "Date of birth", date_words(detail.born_on)))
    for number in _rows(Identifier, person_id, sender).exclude(type=Identifier.Type.CASE):
        category = "C01L" if number.type == Identifier.Type.PHONE else "C01"
        found.append(_one("identifier", number, category, str(number.get_type_display()), number.number))
    for address in _rows(Address, person_id, sender).filter(to_on=None):
        if place := ", ".join(filter(None, (address.address, address.postcode))):
            found.append(_one("address", address, "C01L", "Address", place))
    return _each_once(found)


def _facts(person_id: UUID, sender: Staff) -> list[Shareable]:
    titles = fact_titles()
    found = []
    for fact in _rows(Fact, person_id, sender).exclude(kind__in=NEVER_OFFERED):
        category = fact.compartment.category
        title = titles.get((fact.kind, category))
        if title and fact.text and fact.text not in ("0", "no"):
            found.append(_one("fact", fact, category, title, fact.text, fact.true_at or fact.true_on))
    return _each_once(found)


def _rows(model, person_id: UUID, sender: Staff):
    return (
        model.objects.visible_to(sender)
        .filter(person_id=person_id, current=True)
        .select_related("compartment__owner")
        .order_by("-recorded_at", "id")
    )


def _one(kind: str, row, category: str, what: str, said: str, when=None) -> Shareable:
    in_summary = (category, getattr(row, "kind", "")) in SAID_IN_SUMMARIES
    return Shareable(
        f"{kind}:{row.pk}",
        category,
        what,
        said,
        told_by_words(row.compartment.owner),
        date_words(when) if when else "",
        in_full=row.compartment.label != Label.SUMMARY and not in_summary,
        restricted=row.compartment.label in (Label.RESTRICTED, Label.SEALED),
    )


def told_by_words(owner: Agency) -> str:
    """The name of some services tells what they know of the child, to whoever reads it."""
    return owner.name if owner.may_be_named_to_the_circle else A_HEALTH_SERVICE


def _each_once(items: Sequence[Shareable]) -> list[Shareable]:
    """What several rows say in the same words is offered once, in the words told last."""
    once: dict[tuple[str, str], Shareable] = {}
    for item in items:
        once.setdefault((item.what, item.said), item)
    return list(once.values())
