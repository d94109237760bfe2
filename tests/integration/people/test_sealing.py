"""A sealed item: its named holder reads it, and for everybody else there is nothing of the kind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client

from engage.demo.probing import GoesOn, answer
from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.looking import EXPLANATIONS
from engage.practice.access.models import CircleMember
from engage.practice.access.who_looked import Asked, looks
from engage.practice.people.actions import (
    answer_offer,
    bar,
    hand_over,
    judge_records,
    keep_sealed,
    restrict,
    seal,
    undo,
    unseal,
)
from engage.practice.people.models import Fact, Record, SealedHandover, SealedItem

pytestmark = pytest.mark.django_db
TEXT = "Invented: the mother leaves on Friday."
REVIEW = date(2026, 11, 30)
COLLEAGUES = ("grace", "farah", "amir", "beth", "carys", "hal", "max", "lena")


@pytest.fixture
def katie(sent, council_record, police_record):
    council, _ = sent(council_record("P1"))
    police, outcome = sent(police_record("R1"))
    assert outcome.persons == {council}
    return council, police


@pytest.fixture
def colleague(people_at_work):
    """Ewan's colleague in his own agency and team, of the same role."""
    from engage.practice.access.reach import compile_reach
    from engage.practice.agencies.models import Staff

    ewan = people_at_work["ewan"]
    made = Staff.objects.create(
        code="gwen", name="Gwen Ashe", agency=ewan.agency, team=ewan.team, role="social_worker"
    )
    compile_reach()
    return Staff.objects.select_related("agency", "team").get(pk=made.pk)


@pytest.fixture
def does(people_at_work, now):
    def do(who, deed, at=now, **more):
        by = people_at_work[who] if isinstance(who, str) else who
        with acting_as(by, now=at):
            return deed(by=by, now=at, **more)

    return do


@pytest.fixture
def sealed(does, katie, people_at_work):
    return does(
        "ewan", seal, person_id=katie[0], text=TEXT, reason="Invented for a test", holder=people_at_work["ewan"],
        review_on=REVIEW,
    )  # fmt: skip


@pytest.fixture
def sees(people_at_work, now):
    """Sealed items that somebody sees: by the first wall and by the database alone."""

    def of(who, model=SealedItem) -> set:
        by = people_at_work[who] if isinstance(who, str) else who
        with acting_as(by, now=now):
            first = set(model.objects.visible_to(by).values_list("pk", flat=True))
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT id FROM {model._meta.db_table}")
                second = {pk for (pk,) in cursor.fetchall()}
        assert first == second
        return first

    return of


def test_its_holder_alone_reads_it_by_both_walls(sealed, sees, colleague, people_at_work, now):
    assert sees("ewan") == {sealed.pk}
    assert {who: sees(who) for who in COLLEAGUES} == {who: set() for who in COLLEAGUES}
    assert sees(colleague) == set()
    assert sees("service_linker") == sees("service_clock") == set()
    with acting_as(people_at_work["ewan"], now=now) as context:
        item = SealedItem.objects.visible_to(people_at_work["ewan"]).get()
        assert (item.text, item.reason) == (TEXT, "Invented for a test")
        assert item.person_id not in context.shown  # the account of the child tells of no look at it
    with acting_as(people_at_work["service_receiver"], now=now), connection.cursor() as cursor:
        cursor.execute("SELECT text, reason FROM people_sealeditem")
        assert not any(b"mother" in bytes(value) for value in cursor.fetchone())


def test_nobody_seals_for_another_agency_or_without_seeing_the_child(does, katie, people_at_work, sees):
    said = {"text": TEXT, "reason": "Invented", "review_on": REVIEW}
    for who, holder, child, refusal in (
        ("ewan", "amir", katie[0], NotPermitted),
        ("max", "max", katie[0], Record.DoesNotExist),
        ("kit", "kit", katie[0], Record.DoesNotExist),
    ):
        with pytest.raises(refusal):
            does(who, seal, person_id=child, holder=people_at_work[holder], **said)
    with pytest.raises(NotPermitted, match="future"):
        does(
            "ewan",
            seal,
            person_id=katie[0],
            holder=people_at_work["ewan"],
            **said | {"review_on": date(2026, 11, 2)},
        )


@pytest.fixture
def browser(people_at_work, settings, now):
    settings.AS_AT, settings.AS_AT_RUNS_ON = now.isoformat(), False

    def as_(code: str) -> Client:
        client = GoesOn()
        client.force_login(
            people_at_work[code].user, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        session = client.session
        session[STEPPED_IN] = True
        session.save()
        return client

    return as_


def in_the_circle(katie, people_at_work, now) -> None:
    with acting_as(people_at_work["service_receiver"], now=now):
        CircleMember.objects.bulk_create(
            CircleMember(
                record_id=katie[0], person_id=katie[0], staff=people_at_work[code], kind="lead" if code == "amir" else "co_worker", starts_at=now,
                added_by=people_at_work["grace"],
            )
            for code in ("ewan", "amir", "grace")
        )  # fmt: skip


def test_pages_are_the_same_with_and_without_it_for_manager_lead_circle_and_administrator(
    katie, browser, does, people_at_work, now, settings
):
    in_the_circle(katie, people_at_work, now)
    readers = {code: browser(code) for code in ("grace", "amir", "farah", "max")}
    pages = ("/today/", f"/children/{katie[0]}/", f"/children/{katie[0]}/records/", "/sealed/", "/sharing/")

    def everything() -> dict:
        found = {(code, page): client.get(page) for code, client in readers.items() for page in pages}
        found |= {
            (code, "search"): client.post("/search/", {"q": "Holden"}) for code, client in readers.items()
        }
        for one in found.values():  # set anew once a minute, whatever is asked for
            one.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        return found

    everything()  # on a first visit cookies are set
    without = everything()
    item = does(
        "ewan", seal, person_id=katie[0], text=TEXT, reason="Invented", holder=people_at_work["ewan"], review_on=REVIEW
    )  # fmt: skip
    with_it = everything()
    assert [key for key, one in without.items() if answer(one) != answer(with_it[key])] == []
    for code, client in readers.items():
        for page in ("", "hand-over/", "unseal/"):
            assert client.get(f"/sealed/{item.pk}/{page}").status_code in (403, 404), (code, page)
    ewan = browser("ewan")
    assert f"/sealed/{item.pk}/" in ewan.get(f"/children/{katie[0]}/").content.decode()
    assert f"/sealed/{item.pk}/" in ewan.get("/sealed/").content.decode()
    assert TEXT in ewan.get(f"/sealed/{item.pk}/").content.decode()
    assert TEXT not in ewan.get(f"/children/{katie[0]}/?print=1").content.decode()


def test_it_is_sealed_handed_over_and_unsealed_on_its_pages(
    katie, browser, colleague, people_at_work, now, sees
):
    ewan = browser("ewan")
    said = {
        "text": TEXT, "reason": "Invented", "holder": str(people_at_work["ewan"].pk),
        "review_on_day": "30", "review_on_month": "11", "review_on_year": "2026",
    }  # fmt: skip
    assert "There is a problem" in ewan.post(f"/children/{katie[0]}/seal/", {}).content.decode()
    assert ewan.post(f"/children/{katie[0]}/seal/", said).status_code == 302
    (item,) = sees("ewan")
    assert ewan.post(f"/sealed/{item}/", {**said, "review_on_month": "12"}).status_code == 302
    assert ewan.post(f"/sealed/{item}/hand-over/", {"colleague": str(colleague.pk)}).status_code == 302
    assert "offered to Gwen Ashe" in ewan.get("/sealed/").content.decode()
    assert ewan.post(f"/sealed/{item}/unseal/", {"category": "C07"}).status_code == 302
    assert sees("ewan", SealedHandover)  # ended, and known to the two alone
    assert TEXT in ewan.get(f"/children/{katie[0]}/").content.decode()
    assert ewan.get(f"/sealed/{item}/").status_code == 404


def test_it_is_handed_over_when_both_have_said_so(sealed, does, colleague, sees, people_at_work):
    with pytest.raises(NotPermitted):
        does("ewan", hand_over, item_id=sealed.pk, to=people_at_work["amir"])
    with pytest.raises(SealedItem.DoesNotExist):
        does(colleague, hand_over, item_id=sealed.pk, to=colleague)
    first = does("ewan", hand_over, item_id=sealed.pk, to=colleague)
    assert sees(colleague) == set() and sees(colleague, SealedHandover) == {first.pk}
    assert sees("grace", SealedHandover) == sees("farah", SealedHandover) == set()
    with pytest.raises(SealedHandover.DoesNotExist):  # who offers it does not take it for the other
        does("ewan", answer_offer, handover_id=first.pk, accept=True)
    does(colleague, answer_offer, handover_id=first.pk, accept=False)
    assert sees("ewan") == {sealed.pk}
    second = does("ewan", hand_over, item_id=sealed.pk, to=colleague)
    colleague.role = "dpo_audit"  # since the offer
    colleague.save()
    with pytest.raises(NotPermitted, match="role writes notes"):
        does(colleague, answer_offer, handover_id=second.pk, accept=True)
    colleague.role = "social_worker"
    colleague.save()
    does(colleague, answer_offer, handover_id=second.pk, accept=True)
    assert (sees(colleague), sees("ewan")) == ({sealed.pk}, set())
    with pytest.raises(SealedItem.DoesNotExist):
        does("ewan", keep_sealed, item_id=sealed.pk, review_on=REVIEW)


def test_unsealed_it_is_a_note_of_the_chosen_kind(sealed, does, sees, people_at_work, now):
    with pytest.raises(NotPermitted):
        does("ewan", unseal, item_id=sealed.pk, category="C17")
    with pytest.raises(SealedItem.DoesNotExist):
        does("grace", unseal, item_id=sealed.pk, category="C07")
    note = does("ewan", unseal, item_id=sealed.pk, category="C07")
    with acting_as(people_at_work["ewan"], now=now):
        seen = Fact.objects.visible_to(people_at_work["ewan"]).select_related("compartment").get(pk=note.pk)
        assert (seen.text, seen.kind, str(seen.compartment)) == (TEXT, "note", "BWD-CSC C07 full")
        assert not SealedItem.objects.visible_to(people_at_work["ewan"]).filter(current=True).exists()


def test_it_goes_with_its_record_and_stays_sealed_through_joining_and_taking_apart(
    sealed, sent, police_record, katie, does, sees, people_at_work, now
):
    """The label survives a new version, a merge and an un-merge."""
    sent(katie_again(police_record))
    other, _ = sent(
        police_record(
            "R9", forenames="Ash", surname="Brook", born_on=date(2009, 1, 1), addresses=(), phone=""
        )
    )
    judged = does("ewan", judge_records, record_a=katie[0], record_b=other, verdict="same", reason="Invented")
    assert person_of(sees, "ewan", people_at_work, now) == katie[0]
    assert sees("ewan") == {sealed.pk} and sees("grace") == sees("amir") == set()
    later = now + timedelta(minutes=1)
    does("ewan", undo, at=later, judgement_id=judged.judgement.pk, reason="Invented")
    assert person_of(sees, "ewan", people_at_work, now) == katie[0]
    assert sees("ewan") == {sealed.pk} and sees("grace") == sees("amir") == set()


def katie_again(police_record):
    return police_record("R1", forenames="Katherine")


def person_of(sees, who, people_at_work, now):
    with acting_as(people_at_work[who], now=now):
        return SealedItem.objects.visible_to(people_at_work[who]).get().person_id


def test_a_conflict_of_interest_or_a_restriction_to_others_closes_it_to_its_holder(
    sealed, does, katie, sees, people_at_work
):
    does("grace", restrict, person_id=katie[0], kind="covert_operation", reason="Invented", named=[people_at_work["beth"]])  # fmt: skip
    assert sees("ewan") == set()
    does("grace", restrict, person_id=katie[0], kind="covert_operation", reason="Invented", named=[people_at_work["ewan"]])  # fmt: skip
    assert sees("ewan") == {sealed.pk}
    does("ewan", bar, person_id=katie[0], colleague=people_at_work["ewan"], reason="Invented")
    assert sees("ewan") == set()


def test_whoever_left_holds_nothing(sealed, sees, people_at_work):
    ewan = people_at_work["ewan"]
    ewan.status = "left"
    ewan.save()
    assert sees("ewan") == set()


def test_nothing_that_is_done_with_it_stands_in_who_looked_by_child_person_or_agency(
    does, katie, people_at_work, colleague, browser, now
):
    """Not that it was sealed, kept, offered, taken, refused or unsealed; looks at it stand there as looks at the child."""
    ewan, lena = people_at_work["ewan"], people_at_work["lena"]
    item = does("ewan", seal, person_id=katie[0], text=TEXT, reason="Invented", holder=ewan, review_on=REVIEW)
    does("ewan", keep_sealed, item_id=item.pk, review_on=REVIEW + timedelta(days=1))
    for accept in (False, True):
        offered = does("ewan", hand_over, item_id=item.pk, to=colleague)
        does(colleague, answer_offer, handover_id=offered.pk, accept=accept)
    offered = does(colleague, hand_over, item_id=item.pk, to=ewan)
    does("ewan", answer_offer, handover_id=offered.pk, accept=True)
    reading = browser("ewan")
    for page in (
        f"/children/{katie[0]}/",
        "/sealed/",
        *(f"/sealed/{item.pk}/{page}" for page in ("", "hand-over/", "unseal/")),
    ):
        assert reading.get(page).status_code == 200, page
    does("ewan", unseal, item_id=item.pk, category="C07")

    with acting_as(lena, now=now):
        told = {
            name: {
                (one.body["action"], one.explained, one.body["asked"] == one.body["about"])
                for one in looks(asked, reader=lena).looks
                if one.body["subjects"]
            }
            for name, asked in (
                ("child", Asked(child=katie[0], with_lists=True)),
                ("item", Asked(child=item.pk, with_lists=True)),
                ("person", Asked(actor=ewan)),
                ("colleague", Asked(actor=colleague)),
                ("agency", Asked(agency=ewan.agency)),
            )
        }
    # Ewan is in nobody's circle: for the child's page and for the item's alike he says for what he looks.
    as_of_the_child = {
        ("child", "duty", True),
        ("today", "duty", False),
        ("open_with_purpose", "duty", False),
    }
    assert told == {
        "child": as_of_the_child,
        "item": set(),
        "person": as_of_the_child,
        "colleague": set(),
        "agency": as_of_the_child,
    }
    for page in (f"children/{katie[0]}", f"people/{ewan.pk}", f"agencies/{ewan.agency.code}"):
        said = browser("lena").get(f"/access/looks/{page}/").content.decode().partition("<main")[2]
        assert "The child’s record" in said and "seal" not in said.lower(), page
        assert EXPLANATIONS["piece"] not in said, page
