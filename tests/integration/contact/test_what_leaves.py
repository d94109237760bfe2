"""What is looked at before anything leaves: who is told, whose names and places the words hold, from what the sender sees."""

from __future__ import annotations

import pytest

from engage.practice.access.gate import NotPermitted
from engage.practice.contact import actions as contact
from engage.practice.contact.leaving import Words, looked_at
from engage.practice.sharing import actions, asking
from engage.practice.sharing.actions import Changed
from engage.practice.sharing.actions import Words as Said
from engage.practice.sharing.offer import offered

pytestmark = pytest.mark.django_db
SAID = Said("protect_this_child", "Public task (invented)", "They look out for her", "no", "It would put her at risk")  # fmt: skip
PASTED = "Katie Holden was seen with Amina Sharif. Amina’s own plan says that she stays with an aunt."


@pytest.fixture
def amina(town):
    """Another child of the area, whom Ewan and Amir see."""
    return town.child("Amina", "Sharif", "Hyndburn", phone="07700 900777", postcode="BB5 1AA", born_on=None)


@pytest.fixture
def chosen(katie, people_at_work, at):
    """What Ewan would tell Nia of these categories."""

    def choose(*categories, to="nia"):
        with at("ewan"):
            keys = [i.key for i in offered(katie, people_at_work["ewan"]) if i.category in categories]
            return keys, actions.prepare(katie, keys, people_at_work[to], people_at_work["ewan"])

    return choose


@pytest.fixture
def shared(katie, people_at_work, at, now):
    def share(keys, seen, because=None, to="nia"):
        with at("ewan"):
            return actions.share(
                katie, keys, people_at_work[to], SAID, seen=seen, by=people_at_work["ewan"], now=now, because=because
            )  # fmt: skip

    return share


def test_r5_a_paragraph_that_names_another_child_leaves_only_with_a_reason_and_past_a_second_person(
    in_circle, town, chosen, shared, people_at_work, at
):
    town.fact(in_circle, "summary_for_team", PASTED, "C05")
    keys, before = chosen("C05")
    assert before.findings == []  # nobody knows another child of that name
    town.child("Amina", "Sharif", "Hyndburn", phone="07700 900777", postcode="BB5 1AA", born_on=None)
    with pytest.raises(Changed) as changed:
        shared(keys, before.seen)
    assert changed.value.prepared.findings  # what is found is part of what was seen
    keys, prepared = chosen("C05")
    (found,) = prepared.findings
    assert "Amina Sharif" in found.sentence and "“Advice to keep the child safe”" in found.sentence
    with pytest.raises(Changed):  # the fingerprint of the words alone is not what was looked at
        shared(keys, prepared.fingerprint)
    with pytest.raises(NotPermitted, match="Say for each why it may leave"):
        shared(keys, prepared.seen)
    made = shared(keys, prepared.seen, {found.key: "They are looked after together"})
    assert made.state == "waiting" and "looked after together" in made.second_because
    assert "Amina" not in made.second_because  # read by some who see neither child
    question = {"question": "Is she with Amina Sharif?", "purpose": "protect_this_child"}
    with at("ewan"), pytest.raises(NotPermitted, match="why it may leave"):
        asking.ask(in_circle, people_at_work["iris"], **question, by=people_at_work["ewan"], now=town.now)


def test_the_name_of_a_child_hidden_from_the_sender_is_a_word_like_any_other(
    in_circle, elsewhere, town, chosen, people_at_work, at, now
):
    town.fact(in_circle, "summary_for_team", "She rang Orla Quennell and Nobody Atall.", "C05")
    _, prepared = chosen("C05")
    assert prepared.findings == []
    with at("nia"):  # whose area it is
        assert [
            one.sentence
            for one in looked_at(
                in_circle, [Words("Text", "orla quennell")], None, people_at_work["nia"], now
            )
        ] == []
    with at("service_receiver"):
        by = people_at_work["service_receiver"]
        assert looked_at(in_circle, [Words("Text", "QUENNELL, Orla")], None, by, now)
        assert not looked_at(in_circle, [Words("Text", "Katie Holden, Orla, and Quennell")], None, by, now)


def test_r3_nothing_is_shared_with_a_colleague_whom_nothing_may_reach_whoever_recorded_it(
    in_circle, kept_away, chosen, shared, people_at_work, at, now
):
    not_to = kept_away("Nia Farrow", by="beth", colleague=people_at_work["nia"])
    keys, prepared = chosen("C03")
    assert "must not be told" in prepared.refused[0]
    with pytest.raises(NotPermitted, match="must not be told"):
        shared(keys, prepared.seen)
    with at("beth"):
        contact.end_kept_away(in_circle, not_to, why="Settled", by=people_at_work["beth"], now=now)
    keys, prepared = chosen("C03")
    assert not prepared.refused and shared(keys, prepared.seen).state == "sent"
    kept_away("Nia Farrow")  # somebody of the same name, as far as anybody knows
    keys, prepared = chosen("C03")
    (found,) = prepared.findings
    assert "has the name of somebody" in found.sentence
    assert shared(keys, prepared.seen, {found.key: "Another person: he is 60"}).state == "waiting"


def test_on_the_page_each_name_has_a_field_for_the_reason(
    in_circle, amina, town, browser, people_at_work, chosen
):
    town.fact(in_circle, "summary_for_team", PASTED, "C05")
    page, address = browser("ewan"), f"/children/{in_circle}/share/"
    keys, _ = chosen("C05")
    typed = {
        "items": keys, "recipient": str(people_at_work["nia"].pk), "purpose": "protect_this_child",
        "lawful_basis": "Public task", "reason": "They look out for her", "told_family": "no", "told_words": "At risk",
    }  # fmt: skip
    shown = page.post(f"{address}preview/", typed).content.decode()
    field, seen = f"because-named-{amina}", shown.split('name="seen" value="')[1].split('"')[0]
    assert f'name="{field}"' in shown and "Amina Sharif" in shown
    refused = page.post(address, typed | {"seen": seen}).content.decode()
    assert "Say for each why it may leave" in refused and f'name="{field}"' in refused
    assert page.post(address, typed | {"seen": seen, field: "Looked after together"}).status_code == 302
