"""The pages on how records are put together, as the team manager and others get them."""

import re
from itertools import pairwise

import pytest
from django.test import Client

from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import acting_as
from engage.practice.people.actions import AddressInput, judge_records

pytestmark = pytest.mark.django_db

PAGES = ("/linkage/", "/linkage/changes/", "/linkage/decided/", "/linkage/keys/")
BURNLEY = (AddressInput("4 Canal Road", "BB10 1AA", "Burnley"),)


@pytest.fixture
def page(people_at_work, settings, now):
    settings.AS_AT = now.isoformat()

    def get(code: str, address: str):
        client = Client()
        client.force_login(
            people_at_work[code].user, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        session = client.session
        session[STEPPED_IN] = True
        session.save()
        return client.get(address)

    return get


def words(answer) -> str:
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def one_child_of_two(sent, council_record, amina, people_at_work, now):
    """Katie's two records and another child's, whom somebody called the same."""
    records = [
        sent(given)[0] for given in (council_record("P1"), council_record("L1", "LCC-CSC"), amina("A1"))
    ]
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        judge_records(
            record_a=records[0], record_b=records[2], verdict="same", reason="One child", by=ewan, now=now
        )
    return records


def test_the_manager_reads_how_records_hold_together_and_opens_whom_to_look_at(page, one_child_of_two):
    answer = page("grace", "/linkage/")
    text = words(answer)
    assert "3 records are 1 person" in text
    assert "Gone through: 1 of 1 people" in text
    assert "Records that one join holds to a child of three records or more 2" in text
    assert "Born more than a year apart, by date or age 1" in text
    link = f'href="/children/{one_child_of_two[0]}/records/"'
    assert link in answer.content.decode()
    assert page("grace", f"/children/{one_child_of_two[0]}/records/").status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_a_page_before_anything_was_sent_says_so_and_draws_nothing(page, address):
    answer = page("grace", address)
    assert "<svg" not in answer.content.decode().partition("<main")[2]
    assert re.search(
        r"No record that you may see|too few to say|No key|Nothing was said|no pair that you may",
        words(answer),
    )


@pytest.mark.parametrize("code", ["ewan", "beth", "max", "lena"])
def test_who_does_not_manage_a_team_reads_none_of_it(page, code):
    assert [page(code, address).status_code for address in PAGES] == [403] * 4
    assert "/linkage/" not in page("ewan", "/pairs/").content.decode()


def test_the_manager_is_led_there_from_pairs(page):
    assert 'href="/linkage/"' in page("grace", "/pairs/").content.decode()


def test_every_picture_stands_beside_a_table_with_the_same_figures(page, one_child_of_two):
    for address in PAGES:
        text = page("grace", address).content.decode()
        for section in text.split("<h2")[1:]:
            if "<svg" in section:
                assert "<table" in section, address
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids))


def test_headings_go_down_one_step_at_a_time(page, one_child_of_two):
    for address in PAGES:
        levels = [int(level) for level in re.findall(r"<h([1-6])", page("grace", address).content.decode())]
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_hidden_record_changes_no_page(page, one_child_of_two, sent, health_record, amina):
    before = [words(page("grace", address)) for address in PAGES]
    assert sent(health_record("H1"))[1].attached == 1
    sent(amina("B1", forenames="Amira", nhs_number="", addresses=BURNLEY))
    assert [words(page("grace", address)) for address in PAGES] == before


def test_no_page_tells_what_a_key_was_made_of_or_an_identifier(page, one_child_of_two):
    for address in PAGES[1:]:
        text = words(page("grace", address))
        assert not re.search("Holden|Sharif|Katie|Amina|999000|BB1", text), address


def test_days_and_kinds_of_pair_are_told(page, one_child_of_two):
    changed, decided = words(page("grace", "/linkage/changes/")), words(page("grace", "/linkage/decided/"))
    assert "2 November 2026 3 1 1 1 0 0 0" in changed  # three records are, as things stand, one new person
    assert "How well reviewers agree" in decided and "Answered as before: too few to say." in decided
    assert "By origin of names Not shown" in decided and "1, 0 too few to say" in decided
