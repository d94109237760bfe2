"""Do you know this child? Asked over HTTP of a team next door, which learns nothing but that somebody asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.sister_teams.conftest import serving
from typer.testing import CliRunner

from engage.__main__ import app as command_line
from engage.methods.ledger import SigningKey
from engage.methods.private_query import asking
from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.people.actions import restrict
from engage.practice.people.models import Record
from engage.practice.sister_teams import actions, wire
from engage.practice.sister_teams.actions import ask_sister_team
from engage.practice.sister_teams.filters import destroy_former_keys, fetch_filter, make_filter
from engage.practice.sister_teams.jobs import look_after_sister_filters, make_sister_filter
from engage.practice.sister_teams.models import (
    HeldFilter,
    HoldingKey,
    QuestionAsked,
    QuestionReceived,
    SisterTeam,
    VolumeAlarm,
)

pytestmark = pytest.mark.django_db
SECRETS = ("katie", "holden", "2012", "0403", "0304", "bb1", "07700", "900123")


@pytest.fixture
def ask(sister, people_at_work, now):
    def ask(person_id, code="amir", at=now, **changed):
        said = {"purpose": "protect_this_child", "case": "CASE/17"} | changed
        return ask_sister_team(person_id, sister, by=people_at_work[code], now=at, **said)

    return ask


@pytest.fixture
def received(receiver, now):
    def received() -> list[QuestionReceived]:
        with acting_as(receiver, now=now):
            return list(QuestionReceived.objects.visible_to(receiver).order_by("received_at"))

    return received


def test_a_child_whom_both_know_is_known(ask, katie, holding, received):
    question = ask(katie)
    assert (question.outcome, question.failed_because) == ("known", "")
    (told,) = received()
    assert (told.sister.code, told.purpose, told.case, told.refused) == (
        "ASKER", "protect_this_child", "CASE/17", "",
    )  # fmt: skip
    assert told.points > 3


def test_a_child_whom_nobody_has_there_is_not_found(ask, holding, town):
    stranger = town.child(
        "Zara", "Unlike", "Hyndburn", postcode="BB5 9ZZ", phone="07700 900999", born_on=None
    )
    assert ask(stranger).outcome == "nothing_found"


def test_a_brother_of_the_same_day_and_house_is_possibly_known(ask, holding, town):
    twin = town.child("Callum", "Holden", "Blackburn with Darwen", phone="07700 900777")
    assert ask(twin).outcome == "possibly_known"


def test_nothing_of_the_child_is_in_any_byte_that_leaves_or_in_what_the_other_side_keeps(
    ask, katie, holding, received, monkeypatch, caplog
):
    sent: list[bytes] = []
    send = wire._send
    monkeypatch.setattr(wire, "_send", lambda *given: sent.append(given[2] or b"") or send(*given))
    with caplog.at_level("DEBUG"):
        ask(katie)
    assert [bool(one) for one in sent] == [False, True]
    kept = "\n".join(str(vars(one)) for one in received())
    for text in (*(one.decode().lower() for one in sent), kept.lower(), caplog.text.lower()):
        # what is hexadecimal may hold any digits: the words between are read
        words = " ".join(word for word in text.replace('"', " ").split() if len(word) != 64)
        assert [secret for secret in SECRETS[:2] if secret in words] == []
    (question,) = [one for one in sent if one]
    told = asking.read_question(question)
    assert (told.asker, told.purpose, told.case) == ("engage.test/ledger", "protect_this_child", "CASE/17")
    assert len(told.asked_by) == 32 and len({len(point) for point in told.points}) == 1


def test_the_entry_is_there_before_anything_is_sent(ask, katie, holding, monkeypatch, people_at_work, now):
    amir = people_at_work["amir"]

    def send(sister, question):
        with acting_as(amir, now=now):
            asked = QuestionAsked.objects.visible_to(amir).get()
        assert (asked.person_id, asked.outcome) == (katie, "")
        raise wire.NotAnswered("It could not be reached.")

    monkeypatch.setattr(wire, "send_question", send)
    assert ask(katie).outcome == "failed"


def test_a_key_that_was_replaced_is_fetched_anew_and_asked_once_more(
    ask, katie, holding, sister, now, settings
):
    fetch_filter(sister, now=now)
    settings.SISTER_KEY_OVERLAP_MINUTES = 0
    newer = make_filter(now=now)
    assert ask(katie).outcome == "known"
    assert HeldFilter.objects.get().key_version == newer.version


def test_a_question_to_the_former_filter_is_answered_for_a_while_and_then_its_key_is_gone(
    ask, katie, holding, sister, now, received
):
    fetch_filter(sister, now=now)
    newer = make_filter(now=now)
    assert ask(katie).outcome == "known" and HeldFilter.objects.get().key_version == holding.version
    later = now + timedelta(hours=2)
    destroy_former_keys(now=later)
    assert [one.version for one in HoldingKey.objects.all()] == [newer.version]


def test_never_more_than_two_keys(signer, now):
    versions = [make_filter(now=now + timedelta(minutes=minutes)).version for minutes in (1, 2, 3)]
    assert [one.version for one in HoldingKey.objects.order_by("made_at")] == versions[1:]


def test_a_filter_of_somebody_else_is_not_used(ask, katie, holding, sister):
    other = SigningKey("engage.test/ledger", b"7" * 32)
    sister.filter_key = str(other.public)
    sister.save()
    question = ask(katie)
    assert question.outcome == "failed" and "not as its holder made it" in question.failed_because
    assert not HeldFilter.objects.exists()


def test_a_held_filter_that_was_altered_is_fetched_again(ask, katie, holding, sister, now):
    fetch_filter(sister, now=now)
    held = HeldFilter.objects.get()
    held.content = bytes(held.content)[:-70] + b"\0" * 70
    held.save()
    assert ask(katie).outcome == "known"


def test_a_token_that_is_not_known_there_opens_nothing(ask, katie, holding, sister, received, monkeypatch):
    monkeypatch.setattr(wire, "token_of", lambda sister: "another-token-" + "c" * 40)
    question = ask(katie)
    assert question.outcome == "failed" and "does not know the token" in question.failed_because
    assert received() == []


def test_a_holder_that_is_down_is_said_and_the_question_counts(
    next_door, katie, people_at_work, now, settings
):
    with serving() as address:
        pass
    sister, amir = next_door(address), people_at_work["amir"]
    settings.SISTER_QUESTIONS_A_DAY_BY_PERSON = 1
    said = {"purpose": "protect_this_child", "case": "CASE/17", "by": amir}
    question = ask_sister_team(katie, sister, now=now, **said)
    assert question.outcome == "failed" and "could not be reached" in question.failed_because
    with pytest.raises(NotPermitted, match="within a day"):
        ask_sister_team(katie, sister, now=now, **said)
    assert ask_sister_team(katie, sister, now=now + timedelta(days=1), **said).outcome == "failed"


def test_the_holder_counts_each_person_and_raises_an_alarm(
    ask, katie, holding, received, settings, receiver, now, monkeypatch
):
    settings.SISTER_QUESTIONS_A_DAY, settings.SISTER_QUESTIONS_A_DAY_BY_PERSON = 3, 2
    monkeypatch.setattr(actions, "_within_limit", lambda by, now: None)
    assert [ask(katie).outcome for _ in range(3)] == ["known", "known", "failed"]
    assert [one.refused for one in received()].count("person_limit") == 1
    assert ask(katie, code="beth").outcome == "known"
    assert "limit" in ask(katie, code="beth").failed_because
    assert [one.refused for one in received()].count("team_limit") == 1
    settings.SISTER_QUESTIONS_A_DAY, settings.SISTER_POINTS_A_DAY = 9, 3
    assert "limit" in ask(katie, code="beth").failed_because
    with acting_as(receiver, now=now):
        alarm = VolumeAlarm.objects.visible_to(receiver).get()
    assert (alarm.questions, alarm.owner.role) == (3, "dpo_audit")


def test_a_restricted_child_is_in_no_filter_and_is_not_asked_about(
    ask, katie, sister, people_at_work, now, receiver
):
    before = make_filter(now=now).count
    with acting_as(people_at_work["grace"], now=now):
        restrict(
            person_id=katie, kind="protected_address", reason="Invented", named=[people_at_work["amir"]],
            by=people_at_work["grace"], now=now,
        )  # fmt: skip
    assert make_filter(now=now + timedelta(minutes=1)).count == 0 < before
    with pytest.raises(NotPermitted, match="Speak to Grace"):
        ask(katie)
    with pytest.raises(Record.DoesNotExist):
        ask(katie, code="beth")


def test_a_case_number_tells_nothing_of_the_child(ask, katie):
    for case in ("", "no digit", "Katie-17", "17 18", "9/07700900123", "04032012/1", "x" * 31):
        with pytest.raises(NotPermitted, match="case number"):
            ask(katie, case=case)


def test_who_may_not_ask(ask, katie, elsewhere, settings):
    for code in ("kit", "max", "lena"):  # who work with no child
        with pytest.raises((NotPermitted, Record.DoesNotExist)):
            ask(katie, code=code)
    with pytest.raises(Record.DoesNotExist):  # of another area: absent
        ask(elsewhere, code="ewan")
    with pytest.raises(NotPermitted, match="too little"):  # in the area, and not working with her
        ask(katie, code="ewan")
    settings.SISTER_QUERIES = False
    with pytest.raises(NotPermitted, match="independent cryptographer"):
        ask(katie)


def test_both_ledgers_have_their_entry_and_no_name_in_it(ask, katie, holding, monkeypatch):
    written: list = []
    record = audit.record
    monkeypatch.setattr(
        audit, "record", lambda *given, **said: written.append(record(*given, **said)) or written[-1]
    )
    ask(katie)
    assert [one.body["action"] for one in written] == [
        "ask_sister_team", "give_sister_filter", "fetch_sister_filter", "answer_sister_team", "hear_sister_team",
    ]  # fmt: skip
    assert [one.body["subjects_count"] for one in written] == [1, 0, 0, 0, 1]
    bodies = str([one.body for one in written]).lower()
    assert [
        secret for secret in ("katie", "holden", "bb1 1aa", "07700", str(katie)) if secret in bodies
    ] == []


def test_the_jobs_make_ours_anew_and_fetch_theirs_where_it_is_old(sister, katie, caplog):
    make_sister_filter(0)
    look_after_sister_filters(0)
    assert HeldFilter.objects.get().key_version == HoldingKey.objects.get().version
    # of ASKER nothing can be fetched here: its token is none of ours
    assert "ASKER was not fetched. It does not know the token" in caplog.text


def test_the_commands_of_an_administrator(serving_here, signer, settings, now, katie):
    settings.AS_AT, settings.SISTER_QUERIES = now.isoformat(), True

    def run(*words: str, typed: str = "") -> str:
        done = CliRunner().invoke(command_line, ["sister", *words], input=typed)
        assert done.exit_code == 0, done.output
        return done.output

    said = (
        "--name",
        "Next door",
        "--address",
        serving_here,
        "--telephone",
        "01632 960111",
        "--ask-for",
        "Duty",
    )
    key = run("key").strip()
    assert key == str(signer.public)
    for code, ours, theirs in (("NEXT", "a" * 40, "b" * 40), ("ASKER", "c" * 40, "a" * 40)):
        # Asked for, and not shown: an argument stands in the list of processes.
        added = run(
            "add",
            "--code",
            code,
            *said,
            "--filter-key",
            key,
            "--colleague",
            "nia",
            typed=f"{ours}\n{theirs}\n",
        )
        assert ours not in added and theirs not in added
    made = run("filter")
    assert made.startswith("Filter 2026-11-02-") and run("fetch", "--code", "NEXT") == made
    assert "NEXT  Next door" in run("list") and "no filter" in run("list")
    assert run("leave", "--code", "NEXT") == "Next door has left.\n" and not HeldFilter.objects.exists()
    assert SisterTeam.objects.get(code="NEXT").our_token == ""
