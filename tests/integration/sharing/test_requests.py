"""Requests for information: a question, somebody who answers, a day by which; a refusal has its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.sharing import asking

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(katie, people_at_work, now):
    def ask(owner: str = "iris", by: str = "ewan"):
        somebody = people_at_work[by]
        with acting_as(somebody, now=now):
            return asking.ask(
                katie, people_at_work[owner], question="Is she at school?", purpose="protect_this_child",
                by=somebody, now=now,
            )  # fmt: skip

    return ask


def test_who_is_asked_reads_the_question_and_who_it_is_about(asked, katie, people_at_work, now):
    made = asked()
    iris = people_at_work["iris"]
    with acting_as(iris, now=now):
        found = asking.waiting_for(iris).get()
        assert (
            found.pk == made.pk and found.about.startswith("Katie") and found.question == "Is she at school?"
        )
        asking.answer(made.pk, words="Since Monday", refused=False, by=iris, now=now)
        assert not asking.waiting_for(iris).exists()
    with acting_as(people_at_work["ewan"], now=now):
        assert asking.requests(people_at_work["ewan"]).get().answer == "Since Monday"


@pytest.mark.parametrize("code", ["amir", "carys", "jun", "max", "kit", "nia"])
def test_nobody_else_knows_of_it(code, asked, people_at_work, now):
    asked()
    with acting_as(people_at_work[code], now=now):
        assert not asking.requests(people_at_work[code]).exists()


def test_a_refusal_needs_a_reason_and_can_be_laid_before_the_manager(asked, people_at_work, now):
    made = asked()
    iris, ewan, grace = (people_at_work[code] for code in ("iris", "ewan", "grace"))
    with acting_as(iris, now=now):
        with pytest.raises(NotPermitted, match="why you refuse"):
            asking.answer(made.pk, words=" ", refused=True, by=iris, now=now)
        asking.answer(made.pk, words="The parents object", refused=True, by=iris, now=now)
    with acting_as(ewan, now=now):
        asking.escalate(made.pk, because="She is at risk", by=ewan, now=now)
    with acting_as(grace, now=now):
        assert asking.escalated_to(grace).get().escalated_because == "She is at risk"


def test_it_is_escalated_once_it_is_overdue_and_not_before(asked, people_at_work, now):
    made = asked()
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now), pytest.raises(NotPermitted, match="not overdue"):
        asking.escalate(made.pk, because="", by=ewan, now=now)
    late = now + timedelta(days=3)
    with acting_as(ewan, now=late):
        asking.escalate(made.pk, because="", by=ewan, now=late)


def test_somebody_who_may_never_know_who_the_child_is_is_not_asked(katie, people_at_work, now, monkeypatch):
    from engage.practice.sharing import offer

    letters = dict(offer.sharing_matrix()) | {("school_lead", "C01"): "N"}
    monkeypatch.setattr(offer, "sharing_matrix", lambda: letters)
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now), pytest.raises(NotPermitted, match="never for Iris"):
        asking.ask(
            katie, people_at_work["iris"], question="x", purpose="protect_this_child", by=ewan, now=now
        )


def test_on_the_pages(browser, katie):
    ewan, iris = browser("ewan"), browser("iris")
    from engage.practice.agencies.models import Staff

    owner = Staff.objects.get(code="iris")
    sent = ewan.post(
        f"/children/{katie}/ask/",
        {"owner": str(owner.pk), "purpose": "protect_this_child", "question": "Is she at school?"},
    )
    assert sent.status_code == 302
    assert "1 for you to answer" in iris.get("/sharing/").content.decode()
    assert iris.post(sent["Location"], {"deed": "answer", "words": "She is"}).status_code == 302
    assert "She is" in ewan.get(sent["Location"]).content.decode()
    assert browser("amir").get(sent["Location"]).status_code == 404
