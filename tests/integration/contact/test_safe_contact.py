"""How a child is safely reached: nothing is overwritten, and a letter or call goes to what is confirmed, never typed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import DatabaseError, transaction
from tests.integration.contact.conftest import ADDRESS

from engage.practice.access.gate import NotPermitted
from engage.practice.contact import actions, outgoing, queries
from engage.practice.contact.actions import WayInput
from engage.practice.contact.models import Outgoing, WayOfContact
from engage.practice.contact.outgoing import Changed

pytestmark = pytest.mark.django_db
TEXT = {"subject": "Your appointment", "text": "Come on Friday, as we said."}


@pytest.fixture
def written(katie, people_at_work, at, now):
    """A letter of Ewan's: looked at, then printed."""

    def write(way_id, *, by="ewan", moment=now, because=None, **text):
        with at(by, moment):
            given = (TEXT | text) | {"by": people_at_work[by], "now": moment}
            seen = outgoing.prepare_letter(katie, way_id, **given).fingerprint
            return outgoing.write_letter(katie, way_id, seen=seen, because=because or {}, **given)

    return write


@pytest.fixture
def seen_by(katie, people_at_work, at, now):
    def read(code: str, moment=now) -> queries.Contact:
        with at(code, moment):
            return queries.contact_of(katie, people_at_work[code], moment)

    return read


def test_whoever_works_with_the_child_reads_what_another_agency_recorded_and_nobody_else_does(
    in_circle, way, kept_away, seen_by
):
    way("phone", "07700 900123", announce="Say you ring from the dentist")
    kept_away()
    told = seen_by("amir")
    assert [one.last.value for one in told.safe] == ["07700 900123"] and told.kept_away[
        0
    ].last.name == "Mark Stone"
    for code in ("hal", "grace", "beth"):  # of the team, and not in the circle
        stranger = seen_by(code)
        assert not stranger.safe and not stranger.others and not stranger.kept_away


def test_nothing_is_overwritten_and_a_mistake_is_taken_back_by_one_more_entry(
    in_circle, way, seen_by, people_at_work, at, now
):
    way_id, by = way(), {"by": people_at_work["amir"], "now": now}
    with at("amir"):
        actions.mark_unsafe(in_circle, way_id, why="Her former friend opens the post", **by)
    assert seen_by("ewan").others[0].standing.state == "Unsafe"
    with at("amir"):
        actions.take_back_way(in_circle, way_id, why="It was another child", **by)
    (found,) = seen_by("ewan").safe
    assert [row.deed for row in found.history] == ["taken_back", "unsafe", "added"]
    with at("ewan"):
        actions.correct_way(
            in_circle, way_id, WayInput("address", "3 Safe Street, Blackburn BB1 1AA", "child", "Katie Holden"),
            why="A wrong house number", by=people_at_work["ewan"], now=now,
        )  # fmt: skip
    assert seen_by("amir").others[0].standing.state == "Not confirmed"  # another address is not that one
    with (
        at("ewan"),
        pytest.raises(DatabaseError, match=r"append-only|permission denied"),
        transaction.atomic(),
    ):
        WayOfContact.objects.visible_to(people_at_work["ewan"]).update(value="Elsewhere")
    with (
        at("ewan"),
        pytest.raises(DatabaseError, match=r"append-only|permission denied"),
        transaction.atomic(),
    ):
        WayOfContact.objects.visible_to(people_at_work["ewan"]).filter(about_id=way_id).delete()


def test_r3_a_way_that_is_unsafe_blocks_the_letter_and_every_other_entry_of_the_same_place(
    in_circle, way, written, people_at_work, at, now
):
    way_id = way()
    again = way("address", ADDRESS.upper(), by="amir")
    with at("ewan"):
        actions.mark_unsafe(in_circle, way_id, why="He has a key", by=people_at_work["ewan"], now=now)
    for blocked, sentence in ((way_id, "He has a key"), (again, "marked as unsafe in another entry")):
        with pytest.raises(NotPermitted, match=sentence):
            written(blocked)


def test_r3_a_call_goes_to_a_safe_number_and_outside_the_safe_times_only_with_a_reason(
    in_circle, way, people_at_work, at
):
    number = way(
        "phone", "07700 900123", safe_days=[0, 1, 2, 3, 4], safe_from=time(15, 30), safe_until=time(18)
    )
    early, safe = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 2, 15, 30, tzinfo=UTC)
    asked = {"outcome": "spoke", "text": "All is well", "by": people_at_work["ewan"]}
    with at("ewan", early), pytest.raises(NotPermitted, match="Monday to Friday, from 3:30pm until 6pm"):
        outgoing.log_call(in_circle, number, in_spite="", now=early, **asked)
    with at("ewan", early):
        made = outgoing.log_call(in_circle, number, in_spite="She is missing", now=early, **asked)
        assert "She is missing" in made.warned
    with at("ewan", safe):
        assert outgoing.log_call(in_circle, number, in_spite="", now=safe, **asked).warned == ""
    with at("ewan", safe), pytest.raises(NotPermitted, match="a letter goes to an address"):
        outgoing.prepare_letter(in_circle, number, **TEXT, by=people_at_work["ewan"], now=safe)


def test_r4_a_confirmation_that_is_too_old_or_an_address_that_ended_prints_no_letter(
    in_circle, way, written, people_at_work, at, now, settings
):
    way_id = way()
    assert written(way_id).to_value == ADDRESS
    last = now + timedelta(days=settings.CONTACT_CONFIRMED_DAYS)
    written(way_id, moment=last - timedelta(seconds=1))
    with pytest.raises(NotPermitted, match="Confirm again that it is safe"):
        written(way_id, moment=last)
    with pytest.raises(NotPermitted, match="Nobody has confirmed"):
        written(way("address", "9 Other Street, Blackburn BB1 1AB", confirmed=False))
    with at("ewan"):
        actions.end_way(in_circle, way_id, why="Moved", by=people_at_work["ewan"], now=now)
    with pytest.raises(NotPermitted, match="It ended on 2 November 2026"):
        written(way_id)


def test_r4_no_letter_goes_to_where_a_not_to_person_lives(
    in_circle, way, kept_away, written, town, people_at_work, at, now
):
    other = town.child(
        "Rick", "Penn", "Hyndburn", phone="07700 900555", postcode="BB5 1AA", born_on=None, agency="BWD-CSC"
    )
    for person, there in (
        ({"name": "Mark Stone"}, {"others_there": "her mother, Mark Stone"}),
        ({"name": "Lee Marsh", "aliases": ["Marshy"]}, {"others_there": "‘Marshy’ at weekends"}),
        (
            {"name": "Joe Holt", "lives_at": "7 Far Street, Blackburn, BB1 1AC"},
            {"value": "7 Far Street, Blackburn BB1 1AC"},
        ),
        ({"name": "Rick Penn", "who_record_id": other}, {"value": "1 Mill Lane, Accrington BB5 1AA"}),
    ):
        way_id = way(**there)
        written(way_id)
        not_to = kept_away(**person)
        with pytest.raises(NotPermitted, match=f"{person['name']}, who must learn nothing"):
            written(way_id)
        with at("ewan"):
            actions.end_kept_away(in_circle, not_to, why="Settled", by=people_at_work["ewan"], now=now)
        written(way_id)
    called = {
        "outcome": "spoke",
        "text": "All is well",
        "in_spite": "",
        "by": people_at_work["ewan"],
        "now": now,
    }
    number = way("phone", "+44 7700 900 555")
    with at("ewan"):
        outgoing.log_call(in_circle, number, **called)
    kept_away("Rick Penn", who_record_id=other)
    with at("ewan"), pytest.raises(NotPermitted, match="Rick Penn, who must learn nothing"):
        outgoing.log_call(in_circle, number, **called)


def test_r4_an_address_that_an_agency_has_contradicted_since_prints_no_letter(
    katie, in_circle, way, written, town, now
):
    from engage.practice.people.actions import AddressInput, IdentityInput, write_records

    way_id = way()
    town.now = now + timedelta(days=1)
    with town.acting():
        write_records(
            [IdentityInput(town.agency["LANCS-POL"], "police-missing", "R1", forenames="Katie", surname="Holden", addresses=(AddressInput("8 New Road", "BB2 2BB", "Blackburn with Darwen"),))],
            by=town.receiver, now=town.now,
        )  # fmt: skip
    with pytest.raises(NotPermitted, match="told of another address"):
        written(way_id, moment=now + timedelta(days=2))


def test_r6_a_letter_goes_to_an_address_of_the_record_and_none_can_be_typed(
    in_circle, way, browser, written, people_at_work, at, now
):
    from uuid import uuid4

    way_id, page = way(), browser("ewan")
    address = f"/children/{in_circle}/contact/letter/"
    looked_at = page.post(address, TEXT | {"way": str(way_id)}).content.decode()
    seen = looked_at.split('name="seen" value="')[1].split('"')[0]
    typed = {"to_value": "1 Neighbour Street", "value": "1 Neighbour Street", "seen": seen}
    printed = page.post(address, TEXT | typed | {"way": str(way_id)})
    assert printed.status_code == 302
    letter = page.get(f"{printed['Location']}print/").content.decode()
    assert ADDRESS in letter and "Neighbour" not in letter and "Engage" not in letter
    assert "To whom, at which address?" in looked_at
    assert "Select one" in page.post(address, TEXT | {"way": "1 Neighbour Street"}).content.decode()
    with at("ewan"), pytest.raises(WayOfContact.DoesNotExist):
        outgoing.prepare_letter(in_circle, uuid4(), **TEXT, by=people_at_work["ewan"], now=now)
    with at("ewan"), pytest.raises(Changed):
        outgoing.write_letter(
            in_circle, way_id, **TEXT, seen="0" * 64, because={}, by=people_at_work["ewan"], now=now
        )
    with at("amir"):
        assert Outgoing.objects.visible_to(people_at_work["amir"]).get().text == TEXT["text"]
    with at("hal"):
        assert not Outgoing.objects.visible_to(people_at_work["hal"]).exists()


def test_on_the_pages_the_safe_way_stands_first_and_only_those_who_work_with_the_child_write_or_ring(
    in_circle, way, written, browser
):
    page, base = browser("ewan"), f"/children/{in_circle}/contact/"
    assert base in page.get(f"/children/{in_circle}/").content.decode()
    assert "No way of contact is confirmed" in page.get(base).content.decode()
    typed = {
        "kind": "phone", "value": "07700 900123", "whose": "child", "whose_name": "Katie", "announce": "Say you ring from the dentist",
        "safe_from": "3pm", "safe_until": "18:00", "confirmed": "yes", "why": "She said so on Friday",
    }  # fmt: skip
    assert page.post(f"{base}ways/new/", typed).status_code == 302
    shown = page.get(base).content.decode()
    assert "Ring 07700 900123 (Katie), from 3pm until 6pm. Say you ring from the dentist." in shown
    unsafe = way("phone", "07700 900999", whose_name="Katie’s mother")
    assert (
        page.post(f"/contact/ways/{unsafe}/", {"deed": "unsafe", "why": "He answers it"}).status_code == 302
    )
    shown = page.get(base).content.decode()
    assert shown.index("He answers it") < shown.index("Safe now")
    assert (
        page.post(f"{base}not-to/new/", {"name": "Mark Stone", "because": "Court order"}).status_code == 302
    )
    assert "Court order" in page.get(base).content.decode()
    unknown = {"name": "X", "because": "Y", "page": f"/children/{'0' * 8}-0000-4000-8000-{'0' * 12}/"}
    assert "no such page" in page.post(f"{base}not-to/new/", unknown).content.decode()
    with pytest.raises(NotPermitted, match="Only those who work with a child"):
        written(unsafe, by="hal")
    assert browser("hal").get(base).status_code == 200
    assert (
        browser("iris").get(base).status_code
        == browser("nia").get(f"/contact/ways/{unsafe}/").status_code
        == 404
    )
