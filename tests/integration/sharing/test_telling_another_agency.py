"""Telling another agency: what was looked at is what leaves; who may not know learns nothing of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import Barred, CircleMember, Label
from engage.practice.people.models import Record
from engage.practice.sharing import actions, queries
from engage.practice.sharing.actions import Changed, Words
from engage.practice.sharing.flat_file import NotWhatWasSeen, read_back, rows_of, written
from engage.practice.sharing.models import DisclosedItem, Disclosure
from engage.practice.sharing.offer import offered
from engage.practice.sharing.tables import decision_summary

pytestmark = pytest.mark.django_db
WORDS = Words(
    "protect_this_child", "Public task (invented)", "They look out for her", "no", "It would put her at risk"
)


@pytest.fixture
def at(people_at_work, now):
    """`at("ewan")`: at work as somebody, at some moment."""

    def work(code: str, moment=now):
        return acting_as(people_at_work[code], now=moment)

    return work


@pytest.fixture(autouse=True)
def ewan_leads(katie, people_at_work, receiver, now):
    with acting_as(receiver, now=now):
        CircleMember.objects.create(
            record_id=katie,
            person_id=katie,
            staff=people_at_work["ewan"],
            kind="lead",
            starts_at=now - timedelta(days=1),
            added_by=receiver,
        )


@pytest.fixture
def shared(katie, people_at_work, at, now):
    """Ewan tells somebody what he sees of these categories."""

    def do(*categories: str, to="nia", by="ewan", words=WORDS, seen=None, moment=now) -> Disclosure:
        sender, recipient = people_at_work[by], people_at_work[to]
        with at(by, moment):
            keys = [item.key for item in offered(katie, sender) if item.category in categories]
            assert keys, "nothing of these categories is seen"
            seen = seen or actions.prepare(katie, keys, recipient, sender).fingerprint
            return actions.share(katie, keys, recipient, words, seen=seen, by=sender, now=moment)

    return do


def words_read(code, disclosure, people_at_work, at, moment) -> list[str]:
    with at(code, moment):
        return [item.said for item in queries.items_of(disclosure, people_at_work[code])]


def test_the_recipient_reads_exactly_what_was_previewed_and_nothing_else(
    shared, katie, people_at_work, at, now
):
    with at("ewan"):
        wanted = [item for item in offered(katie, people_at_work["ewan"]) if item.category == "C03"]
    made = shared("C03")
    assert made.state == "sent"
    read = words_read("nia", made, people_at_work, at, now)
    assert read[1:] == [item.said for item in wanted] and read[0].startswith("Katie")
    with at("nia"):
        # What was shared opens no record.
        assert not Record.objects.visible_to(people_at_work["nia"]).filter(person_id=katie).exists()


def test_opening_it_is_the_read_receipt_that_the_sender_sees(shared, people_at_work, at, now):
    made = shared("C03")
    later = now + timedelta(minutes=5)
    with at("nia", later):
        nia = people_at_work["nia"]
        actions.receive(queries.register(nia).get(pk=made.pk), by=nia, now=later)
    with at("ewan", later):
        assert queries.register(people_at_work["ewan"]).get(pk=made.pk).opened_at == later


@pytest.mark.parametrize("code", ["amir", "carys", "iris", "jun", "kit", "max", "farah", "hal"])
def test_nobody_else_learns_of_it(code, shared, people_at_work, at, now):
    made = shared("C03")
    assert words_read(code, made, people_at_work, at, now) == []
    with at(code):
        assert not queries.register(people_at_work[code]).filter(pk=made.pk).exists()


def test_the_information_governance_lead_reads_the_decision_and_not_what_was_told(
    shared, people_at_work, at, now
):
    made = shared("C03")
    with at("lena"):
        found = queries.register(people_at_work["lena"]).get(pk=made.pk)
        assert found.reason == WORDS.reason and found.categories == ["C03"]
        assert queries.items_of(found, people_at_work["lena"]) == []


def test_it_can_be_opened_until_its_last_second_and_not_after(shared, people_at_work, at):
    made = shared("C03")
    last = made.expires_at - timedelta(seconds=1)
    assert words_read("nia", made, people_at_work, at, last)
    assert words_read("nia", made, people_at_work, at, made.expires_at) == []
    with at("nia", made.expires_at):
        assert not queries.shared_with(people_at_work["nia"], made.expires_at).exists()


def test_what_changed_since_it_was_looked_at_does_not_leave(shared, katie, people_at_work, at, town, now):
    with at("ewan"):
        ewan = people_at_work["ewan"]
        keys = [item.key for item in offered(katie, ewan) if item.category == "C03"]
        seen = actions.prepare(katie, keys, people_at_work["nia"], ewan).fingerprint
    town.missing(katie, hours=3)  # another report of the police
    with at("ewan"):
        keys = [item.key for item in offered(katie, ewan) if item.category == "C03"]
        with pytest.raises(Changed) as changed:
            actions.share(katie, keys, people_at_work["nia"], WORDS, seen=seen, by=ewan, now=now)
        assert changed.value.prepared.fingerprint != seen
    with at("nia"):
        assert not Disclosure.objects.visible_to(people_at_work["nia"]).exists()


def test_a_letter_n_never_leaves_and_r_takes_a_second_person(shared, people_at_work, at, now):
    with pytest.raises(NotPermitted, match="never for Iris"):
        shared("C01L", to="iris")
    made = shared("C01")
    assert made.state == "waiting" and "case by case" in made.second_because
    assert words_read("nia", made, people_at_work, at, now) == []
    with at("ewan"), pytest.raises(NotPermitted, match="somebody else than the first"):
        actions.approve(made.pk, words="", by=people_at_work["ewan"], now=now)
    with at("grace"):
        assert queries.waiting_for_second(people_at_work["grace"]).get().pk == made.pk
        actions.approve(made.pk, words="Agreed", by=people_at_work["grace"], now=now)
    assert words_read("nia", made, people_at_work, at, now)


def test_a_second_person_may_refuse_with_a_reason(shared, people_at_work, at, now):
    made = shared("C01")
    with at("grace"):
        with pytest.raises(NotPermitted, match="Say why"):
            actions.refuse(made.pk, words=" ", by=people_at_work["grace"], now=now)
        actions.refuse(made.pk, words="Not needed", by=people_at_work["grace"], now=now)
    assert words_read("nia", made, people_at_work, at, now) == []
    with at("grace"), pytest.raises(Disclosure.DoesNotExist):
        actions.approve(made.pk, words="", by=people_at_work["grace"], now=now)


def test_a_recall_closes_it_and_says_so(shared, people_at_work, at, now):
    made = shared("C03")
    with at("ewan"):
        actions.recall(made.pk, reason="Sent to the wrong worker", by=people_at_work["ewan"], now=now)
    assert words_read("nia", made, people_at_work, at, now) == []
    with at("nia"):
        found = queries.register(people_at_work["nia"]).get(pk=made.pk)
        assert (found.state, found.recalled_because) == ("recalled", "Sent to the wrong worker")


def test_somebody_barred_from_the_child_is_never_told(shared, katie, people_at_work, at, receiver, now):
    with acting_as(receiver, now=now):
        Barred.objects.create(
            record_id=katie, person_id=katie, staff=people_at_work["nia"], added_at=now, added_by=receiver
        )
    with pytest.raises(NotPermitted, match="conflict of interest"):
        shared("C03")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"lawful_basis": " "}, "Name the lawful basis"),
        ({"reason": ""}, "Say why"),
        ({"told_words": ""}, "whether child and family were told"),
        ({"purpose": "curiosity"}, "what it is shared for"),
    ],
)
def test_incomplete_decisions_are_refused(changed, sentence, shared):
    with pytest.raises(NotPermitted, match=sentence):
        shared("C03", words=Words(**(WORDS.__dict__ | changed)))


def test_somebody_without_a_sign_in_is_told_nothing(shared, people_at_work):
    nia = people_at_work["nia"]
    nia.user = None
    nia.save()
    with pytest.raises(NotPermitted, match="no sign-in"):
        shared("C03")


def test_a_decision_not_to_share_is_kept_and_tells_the_other_nothing(katie, people_at_work, at, now):
    with at("ewan"):
        made = actions.decide_not_to_share(
            katie,
            people_at_work["iris"],
            purpose="protect_this_child",
            reason="It would single her out",
            by=people_at_work["ewan"],
            now=now,
        )
        assert queries.register(people_at_work["ewan"]).get(pk=made.pk).reason == "It would single her out"
    with at("iris"):
        assert not queries.register(people_at_work["iris"]).exists()


def test_what_left_cannot_be_changed(shared, at, people_at_work, now):
    from django.db import DatabaseError, connection, transaction

    made = shared("C03")
    with at("ewan"), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        DisclosedItem.objects.visible_to(people_at_work["ewan"]).filter(disclosure=made).update(said="Other")
        connection.cursor()


def test_r7_the_file_holds_what_the_page_shows_and_nothing_besides(shared, people_at_work, at, now):
    import io
    import zipfile

    made = shared("C03")
    with at("nia"):
        found = queries.register(people_at_work["nia"]).get(pk=made.pk)
        items = queries.items_of(found, people_at_work["nia"])
        file = written(found, items)
    cells = read_back(file)
    assert cells == rows_of(found, items)
    assert cells[0][0].startswith("For Nia Farrow") and [row[1] for row in cells[2:]] == [
        i.said for i in items
    ]
    assert not [name for name in zipfile.ZipFile(io.BytesIO(file)).namelist() if "docProps" in name]


@pytest.mark.parametrize("hides", ["sheet", "formula", "row", "comment", "name"])
def test_r7_a_file_that_hides_something_does_not_leave(hides):
    import io

    import xlsxwriter

    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Shared")
        sheet.write_string(0, 0, "Invented")
        match hides:
            case "sheet":
                book.add_worksheet("Source").hide()
            case "formula":
                sheet.write_formula(1, 0, "=1+1")
            case "row":
                sheet.write_string(1, 0, "x")
                sheet.set_row(1, None, None, {"hidden": True})
            case "comment":
                sheet.write_comment(0, 0, "Invented")
            case "name":
                book.define_name("Hidden", "=Shared!$A$1")
    from engage.practice.sharing.flat_file import _without_properties

    with pytest.raises(NotWhatWasSeen):
        read_back(_without_properties(kept.getvalue()))


def test_r7_a_nickname_that_is_a_formula_stays_a_text(katie, town, shared, people_at_work, at, now):
    town.fact(katie, "school", '=HYPERLINK("http://invented.example")', "C13", agency="BWD-CSC")
    made = shared("C13", to="iris")
    with at("iris"):
        found = queries.register(people_at_work["iris"]).get(pk=made.pk)
        file = written(found, queries.items_of(found, people_at_work["iris"]))
    assert any(cell.startswith("'=HYPERLINK") for row in read_back(file) for cell in row)


def test_on_the_pages_it_takes_one_screen_and_the_recipient_finds_it(browser, katie, people_at_work, at):
    page = browser("ewan")
    address = f"/children/{katie}/share/"
    assert address in page.get(f"/children/{katie}/").content.decode()
    with at("ewan"):
        keys = [item.key for item in offered(katie, people_at_work["ewan"]) if item.category == "C03"]
    typed = {
        "items": keys, "recipient": str(people_at_work["nia"].pk), "purpose": "protect_this_child",
        "lawful_basis": "Public task", "reason": "They look out for her", "told_family": "no", "told_words": "At risk",
    }  # fmt: skip
    shown = page.post(f"{address}preview/", typed).content.decode()
    assert "Nia Farrow" in shown and 'name="seen" value="' in shown
    first = page.post(address, typed)  # without scripts the first press shows what leaves
    assert first.status_code == 200 and "What leaves, as it will be read" in first.content.decode()
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    sent = page.post(address, typed | {"seen": seen})
    assert sent.status_code == 302
    assert "not opened yet" in page.get("/sharing/register/").content.decode()
    reader = browser("nia")
    inbox = reader.get("/sharing/").content.decode()
    assert sent["Location"] in inbox
    assert "Missing" in reader.get(sent["Location"]).content.decode()
    assert "Opened" in page.get(sent["Location"]).content.decode()
    assert reader.get(f"{sent['Location']}shared.xlsx").status_code == 200
    assert browser("iris").get(sent["Location"]).status_code == 404
    assert browser("iris").get(f"{sent['Location']}shared.xlsx").status_code == 404
    changed = page.post(address, typed | {"seen": "0" * 64}).content.decode()
    assert "has changed since you looked at it" in changed


def test_a_conflict_that_is_no_more_stops_nobody(shared, katie, people_at_work, at, receiver, now):
    with acting_as(receiver, now=now):
        Barred.objects.create(
            record_id=katie, person_id=katie, staff=people_at_work["nia"], added_at=now, added_by=receiver,
            ended_at=now, ended_by=people_at_work["grace"],
        )  # fmt: skip
    assert shared("C03").state == "sent"


def test_letter_s_reads_a_summary_and_more_than_that_takes_a_second_person(shared, katie, town):
    town.fact(katie, "grade_reason", "Seen with an adult nobody knows", "C06")
    waits = shared("C06", to="iris")
    assert waits.state == "waiting" and "no more than a summary" in waits.second_because
    assert shared("C07", to="iris").state == "sent"  # whom to ring is what the summary says


def test_what_is_restricted_takes_a_second_person(shared, katie, town, people_at_work, receiver, now):
    town.fact(katie, "school", "Another invented school", "C13", agency="BWD-CSC", label=Label.RESTRICTED)
    with acting_as(receiver, now=now):
        CircleMember.objects.filter(staff=people_at_work["ewan"], person_id=katie).update(named=True)
    waits = shared("C13", to="iris")
    assert waits.state == "waiting" and "restricted to those who are named" in waits.second_because


def test_a_decision_not_to_share_names_no_basis(katie, people_at_work, at, now):
    with at("ewan"):
        made = actions.decide_not_to_share(
            katie, people_at_work["iris"], purpose="protect_this_child", reason="It would single her out",
            by=people_at_work["ewan"], now=now,
        )  # fmt: skip
    assert made.lawful_basis == ""
    assert "Lawful basis" not in {row.key for row in decision_summary(made)}
