"""A new linkage model from the records and what people decided; and the decision to link by it from now on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from engage.methods.linkage.batch import Progress
from engage.methods.linkage.changes import Changes, changes, in_words, shown
from engage.methods.linkage.model import Model, model_text, read_model
from engage.methods.linkage.training import (
    LEAST_PRECISION,
    Calibrated,
    CannotTrain,
    calibrated,
    learned,
    workshop,
)
from engage.practice.access import audit, gate
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff

from .. import permissions
from ..adopted_models import linkage_model, model_called
from ..grouping import service, wait_for_turn
from ..models import AdoptedModel, Judgement, Record
from .linking import LinkOutcome, in_chunks, link_records
from .words import model_version

VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class NotAdopted(Exception):
    """The sentence says why, to whoever wanted to adopt a model."""


@dataclass(frozen=True, slots=True)
class Trained:
    model: Model
    in_use: Model
    records: int
    same: int
    not_same: int
    threshold: Calibrated
    changes: Changes


def train_model(
    *,
    version: str,
    now: datetime,
    seed: int = 1,
    begin: Model | None = None,
    progress: Progress | None = None,
) -> Trained:
    """What the linking service can learn from the records it sees; nothing is stored and nothing linked.

    Restricted children, and records that may never join two, teach nothing: they are in no count either. `begin` is the model
    that stands for what is not learned, the one in use unless given. Changes are told against the one in use.
    """
    if not VERSION.fullmatch(version):
        raise CannotTrain("A version is made of up to 40 letters, digits, dots and hyphens.")
    if model_called(version):
        raise CannotTrain(f"There is a model “{version}” already: give this one a version of its own.")
    linker = service("service_linker")
    with gate.acting_as(linker, now=now):
        in_use = linkage_model()
        # The linking service knows them, so as to join nothing to them. Whoever reads the report may not.
        hidden = set(restricted_people())
        records = Record.objects.visible_to(linker).filter(bridges=True, restricted=False, withdrawn=False)
        persons = {
            str(pk): str(person_id)
            for pk, person_id in records.values_list("pk", "person_id")
            if person_id not in hidden
        }
        decided = {pair: same for pair, same in _decided() if pair[0] in persons and pair[1] in persons}
        with workshop(in_chunks([UUID(pk) for pk in persons], linker), progress) as shop:
            model = learned(
                shop,
                begin or in_use,
                persons=persons,
                decided=decided,
                version=version,
                trained_on=f"{len(persons)} records and {len(decided)} decisions of one installation, {now:%Y-%m-%d}",
                seed=seed,
            )
            threshold = calibrated(shop, model, decided)
            model = replace(model, join_bits=threshold.join_bits)
            told = changes(shop, in_use, model, progress)
        same = sum(decided.values())
        audit.record(
            audit.Verb.CONSULT,
            "train_linkage_model",
            kinds=[model_version(model)],
            counts={"records": len(persons), "decisions": len(decided)},
        )
    return Trained(model, in_use, len(persons), same, len(decided) - same, threshold, told)


def _decided() -> Iterator[tuple[tuple[str, str], bool]]:
    """Pairs of which a person's last word is *same* or *not the same*, as far as whoever is acting may see both."""
    said = {Judgement.Verdict.SAME: True, Judgement.Verdict.NOT_SAME: False}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (record_a_id, record_b_id) record_a_id, record_b_id, verdict FROM people_judgement"
            " WHERE by_person ORDER BY record_a_id, record_b_id, at DESC, judged_no DESC"
        )
        for a, b, verdict in cursor.fetchall():
            if verdict in said:
                yield (str(a), str(b)), said[verdict]


def report(trained: Trained) -> list[str]:
    """What is new and for whom, in counts: it names nobody and may be passed on."""
    counts = shown({"same": trained.same, "not": trained.not_same}, add_up=False)
    now, threshold = trained.model, trained.threshold
    clear = shown({"": threshold.decided}, add_up=False)[""]
    because = (
        f"from there on {threshold.same_above} of {threshold.above} decided pairs were the same"
        if threshold.moved
        else f"as before: {clear} decided pairs that nothing speaks against are too few to set it"
    )
    return [
        f"Linkage model {model_version(now)}, against {model_version(trained.in_use)}, which is in use",
        f"Records looked at: {trained.records:,}. Decisions of people: {counts['same']} same, {counts['not']} not the same",
        f"Joined by the program from {now.join_bits:g} bits on, {because}",
        f"  (wanted: at least {LEAST_PRECISION:.1%} of them one person, at the lower end of the 95 % interval)",
        f"Asked of people from {now.ask_bits:g} bits on, {now.ask_contradicted_bits:g} where something speaks against, "
        "as before: below that nobody decides, so nothing tells",
        f"Two records drawn at random are one person in one of {1 / now.prior:,.0f}",
        "",
        *in_words(trained.changes),
    ]


def adopt_model(text: str, *, called: str, reason: str, by: Staff, now: datetime) -> AdoptedModel:
    """From now on records are linked by this model. What was linked before stays as it is.

    A record that is sent again, or linked for another reason, is weighed by it, and so is what the program said of that
    record before: joins that it would not make are taken back then. People's words stand. Raises ModelNotUsable for a
    file that this program cannot read or that was edited (`called`: how the refusal calls it), NotAdopted, NotPermitted.
    """
    gate.acting()
    permissions.may_adopt_model(by).enforce()
    if not reason.strip():
        raise NotAdopted("Say why this model is adopted.")
    model = read_model(text, called)
    if not VERSION.fullmatch(model.version):
        raise NotAdopted("The version of this model is not up to 40 letters, digits, dots and hyphens.")
    # A linking under way ends by the model it began with.
    wait_for_turn()
    stored = model_called(model.version)
    if stored is not None and stored.hash != model.hash:
        raise NotAdopted(
            f"There is another model “{model.version}” already, with other weights: train under a version of its own."
        )
    last = AdoptedModel.objects.order_by("-adopted_no").first()
    if last is not None and last.hash == model.hash:
        raise NotAdopted(f"The model “{model.version}” is in use already.")
    adopted = AdoptedModel.objects.create(
        version=model.version,
        hash=model.hash,
        text=model_text(model),
        adopted_by=by,
        adopted_at=now,
        reason=reason.strip(),
    )
    audit.record(audit.Verb.ALTER, "adopt_linkage_model", kinds=[model_version(model)])
    return adopted


def link_all_anew(*, by: Staff, now: datetime, progress: Progress | None = None) -> LinkOutcome:
    """Weigh every record by the model in use, as if all had been sent again."""
    receiver = service("service_receiver")
    with gate.acting_as(receiver, now=now):
        every = Record.objects.visible_to(receiver).filter(withdrawn=False).values_list("pk", flat=True)
        return link_records(list(every), by=by, now=now, progress=progress)
