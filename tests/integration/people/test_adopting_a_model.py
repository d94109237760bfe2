"""A linkage model is learned from what the linking service sees, and used once a person adopts it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from typer.testing import CliRunner

from engage.__main__ import app
from engage.methods.linkage.model import ModelNotUsable, load_model, model_text
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import AuditEntry
from engage.practice.people.actions import AddressInput, judge_records, link_records, restrict
from engage.practice.people.actions.training import (
    NotAdopted,
    adopt_model,
    link_all_anew,
    report,
    train_model,
)
from engage.practice.people.adopted_models import linkage_model
from engage.practice.people.models import AdoptedModel, Judgement

pytestmark = pytest.mark.django_db
SHIPPED = load_model()
STRICT = replace(SHIPPED, version="strict", join_bits=500.0)


@pytest.fixture
def adopted(people_at_work, now):
    def adopt(model, by="grace", reason="Trained on this year’s decisions.", at=now):
        person = people_at_work[by]
        with acting_as(person, now=at):
            return adopt_model(model_text(model), called="new.toml", reason=reason, by=person, now=at)

    return adopt


def test_before_anybody_adopts_one_the_shipped_model_is_used(db):
    assert linkage_model() == SHIPPED


def test_the_model_adopted_last_is_used_from_the_next_search_on_and_the_former_can_be_adopted_again(
    adopted, now
):
    adopted(STRICT)
    assert linkage_model() == STRICT
    adopted(SHIPPED, at=now + timedelta(days=1))
    assert linkage_model() == SHIPPED
    assert [one.version for one in AdoptedModel.objects.order_by("adopted_no")] == ["strict", "2026-11"]


def test_adopting_relinks_nothing_and_the_next_linking_takes_back_what_the_new_model_would_not_say(
    adopted, sent, person_of, council_record, police_record, receiver, now
):
    council, _ = sent(council_record("P1"))
    police, _ = sent(police_record("R1"))
    assert person_of(council, police) == [council, council]
    adopted(STRICT)
    assert person_of(council, police) == [council, council]
    with acting_as(receiver, now=now):
        outcome = link_records([police], by=receiver, now=now + timedelta(hours=1))
    assert outcome.taken_back == 1
    assert person_of(council, police) == [council, police]
    with acting_as(receiver, now=now):
        words = Judgement.objects.visible_to(receiver).order_by("judged_no")
        assert [word.model_version.split()[0] for word in words] == ["2026-11", "strict"]


def test_linking_all_anew_weighs_every_record_and_going_back_joins_again(
    adopted, sent, person_of, council_record, police_record, people_at_work, now
):
    council, _ = sent(council_record("P1"))
    police, _ = sent(police_record("R1"))
    adopted(STRICT)
    link_all_anew(by=people_at_work["grace"], now=now + timedelta(hours=1))
    assert person_of(council, police) == [council, police]
    adopted(SHIPPED, at=now + timedelta(hours=2))
    link_all_anew(by=people_at_work["grace"], now=now + timedelta(hours=3))
    assert person_of(council, police) == [council, council]


@pytest.mark.parametrize("code", ["ewan", "amir", "service_linker"])
def test_only_a_team_manager_or_an_information_governance_lead_adopts(adopted, code):
    with pytest.raises(NotPermitted, match="team manager"):
        adopted(STRICT, by=code)
    assert not AdoptedModel.objects.exists()


def test_a_model_is_adopted_for_a_reason_once_and_under_a_version_of_its_own(adopted):
    with pytest.raises(NotAdopted, match="Say why"):
        adopted(STRICT, reason="  ")
    with pytest.raises(NotAdopted, match="another model “2026-11”"):
        adopted(replace(SHIPPED, join_bits=21.0))
    adopted(STRICT)
    with pytest.raises(NotAdopted, match="in use already"):
        adopted(STRICT)


def test_an_edited_model_is_refused_and_nothing_is_adopted(people_at_work, now):
    grace = people_at_work["grace"]
    text = model_text(STRICT).replace("join_bits = 500.0", "join_bits = 12.0")
    with acting_as(grace, now=now), pytest.raises(ModelNotUsable, match=r"new\.toml was changed after"):
        adopt_model(text, called="new.toml", reason="Faster.", by=grace, now=now)
    assert linkage_model() == SHIPPED


def test_a_stored_model_that_does_not_fit_its_hash_stops_linking_and_is_never_replaced_in_silence(
    people_at_work, now
):
    for text in (model_text(STRICT).replace("500.0", "12.0"), model_text(SHIPPED)):
        AdoptedModel.objects.create(
            version="strict", hash=STRICT.hash, text=text, reason="Put in by hand.",
            adopted_by=people_at_work["grace"], adopted_at=now,
        )  # fmt: skip
        with pytest.raises(ModelNotUsable, match="Nothing is linked until"):
            linkage_model()


def test_the_application_alters_and_removes_no_adopted_model(adopted):
    adopted(STRICT)
    for statement in (
        "UPDATE people_adoptedmodel SET adopted_at = now()",
        "DELETE FROM people_adoptedmodel",
        "TRUNCATE people_adoptedmodel",
    ):
        with (
            pytest.raises(Exception, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_account_says_who_adopted_which_model(adopted, monkeypatch):
    kept = []
    create = AuditEntry.objects.create
    monkeypatch.setattr(AuditEntry.objects, "create", lambda **row: kept.append(row["body"]) or create(**row))
    adopted(STRICT)
    (entry,) = [body for body in kept if body["action"] == "adopt_linkage_model"]
    assert entry["kinds"] == [f"strict {STRICT.hash[:12]}"]
    assert "decisions" not in json.dumps(entry)


# Learning -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def some_children(sent, council_record, police_record, amina):
    council, _ = sent(council_record("P1"))
    police, _ = sent(police_record("R1", forenames="Katy", phone=""))
    other, _ = sent(amina("L1"))
    return council, police, other


def test_a_restricted_child_and_a_health_record_teach_nothing_and_are_in_no_count(
    some_children, sent, council_record, health_record, people_at_work, person_of, now
):
    before = train_model(version="one", now=now)
    elsewhere = (AddressInput("3 Church Street", "BB3 1AC", "Blackburn with Darwen", date(2020, 1, 1)),)
    ivy, _ = sent(
        council_record(
            "P9", forenames="Ivy", surname="Sumner", known_as="", born_on=date(2009, 1, 2), nhs_number="", addresses=elsewhere
        )
    )  # fmt: skip
    sent(health_record("H1"))
    assert train_model(version="one", now=now).records == 4
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        restrict(
            person_id=person_of(ivy)[0], kind="high_profile", reason="Invented for a test",
            named=[people_at_work["ewan"]], by=grace, now=now,
        )  # fmt: skip
    after = train_model(version="one", now=now)
    assert (before.records, before.model) == (after.records, after.model)
    assert report(before) == report(after)


def test_people_s_last_words_teach_and_neither_doubts_nor_the_program_s_words_do(
    some_children, people_at_work, now
):
    council, police, other = some_children
    ewan = people_at_work["ewan"]

    def say(a, b, verdict, minutes):
        at = now + timedelta(minutes=minutes)
        with acting_as(ewan, now=at):
            judge_records(record_a=min(a, b), record_b=max(a, b), verdict=verdict, reason="Rang the school.", by=ewan, now=at)  # fmt: skip

    say(council, police, "not_same", 1)
    say(council, police, "same", 2)
    say(council, other, "not_same", 3)
    say(police, other, "unsure", 4)
    found = train_model(version="one", now=now)
    assert not AdoptedModel.objects.exists()
    assert (found.same, found.not_same) == (1, 1)
    assert not found.threshold.moved
    told = "\n".join(report(found))
    assert "too few to set it" in told and "fewer than 5 same" in told
    assert not any(name in told for name in ("Holden", "Katie", "Sharif", str(council)))


# The commands -------------------------------------------------------------------------------------------------------


def ran(*arguments: str):
    return CliRunner().invoke(app, ["linkage", *arguments])


def plain(output: str) -> str:
    return " ".join(output.replace("│", " ").split())


def test_train_adopt_and_list_from_the_command_line(some_children, tmp_path):
    out, told = tmp_path / "new.toml", tmp_path / "report.txt"
    first = ran("train", "--out", str(out), "--version", "2026-12", "--report", str(told))
    assert first.exit_code == 0, first.output
    assert "Records looked at: 3" in first.output and told.read_text() in first.output
    assert load_model(out).version == "2026-12"
    again = ran("train", "--out", str(out))
    assert again.exit_code == 2 and "is there already" in plain(again.output)
    assert "yes" in ran("models").output
    done = ran("adopt", str(out), "--by", "grace", "--reason", "A year of decisions.")
    assert done.exit_code == 0 and "Adopted 2026-12" in done.output
    assert linkage_model() == load_model(out)
    listed = ran("models").output
    assert "2026-12" in listed and "2026-11" in listed and "Grace" in listed
    assert ran("models", "--text", "2026-12").output == out.read_text()
    back = ran("adopt", "2026-11", "--by", "grace", "--reason", "Back.", "--relink")
    assert back.exit_code == 0 and "Joined: " in back.output
    assert linkage_model() == SHIPPED


def test_the_commands_refuse_in_plain_words_and_leave_no_half_file(some_children, tmp_path):
    out = tmp_path / "new.toml"
    for arguments, words in (
        (["train", "--out", str(out), "--version", "2026-11"], "There is a model"),
        (["train", "--out", str(out), "--version", "two words"], "up to 40 letters"),
        (["train", "--out", str(out), "--model", "nowhere"], "no model"),
        (["train", "--out", str(tmp_path / "no" / "new.toml")], "cannot be written"),
        (["adopt", "nowhere.toml", "--by", "grace", "--reason", "Why."], "no model"),
        (["adopt", "2026-11", "--by", "nobody", "--reason", "Why."], "no staff"),
        (["adopt", "2026-11", "--by", "ewan", "--reason", "Why."], "Only a team manager"),
        (["models", "--text", "nowhere"], "no model"),
    ):
        refused = ran(*arguments)
        assert refused.exit_code == 2, arguments
        assert words in plain(refused.output), refused.output
    assert not out.exists()
