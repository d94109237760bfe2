"""`./run engage letter post` as somebody types it."""

import pytest
from tests.conftest import NOW
from tests.integration.receiving.own_database import a_database_of_its_own

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Staff
from engage.practice.front_door.models import ReceivedLetter


@pytest.fixture(scope="module")
def own_database(template_database, tmp_path_factory, django_db_blocker, django_db_setup):
    folder = tmp_path_factory.mktemp("letters")
    with a_database_of_its_own(template_database, folder, django_db_blocker.unblock) as database:
        yield database


@pytest.fixture
def post(own_database, tmp_path):
    def typed(concern, *words):
        file = tmp_path / "worry.txt"
        file.write_bytes(concern)
        return own_database.run("engage", "letter", "post", "--concern-file", str(file), *words)

    return typed


def test_a_letter_posted_by_command_lies_before_those_who_answer_the_line(post, own_database):
    done = post(
        b"An invented worry.", "--sender-kind", "parent", "--place", "Accrington", "--immediate-danger"
    )
    assert done.returncode == 0, done.stderr
    assert "ring 999" in done.stderr
    with own_database.doors_open():
        hal = Staff.objects.select_related("agency", "team").get(code="hal")
        with acting_as(hal, now=NOW):
            (letter,) = ReceivedLetter.objects.visible_to(hal)
    assert done.stdout.strip() == f"Posted {letter.pk}."
    assert (letter.concern, letter.place, letter.immediate_danger) == (
        "An invented worry.",
        "Accrington",
        True,
    )
    assert letter.safe_to_contact is None


@pytest.mark.parametrize(
    ("concern", "words", "said"),
    [
        (b"Invented worry.", ["--sender-kind", "officer"], "Say who writes"),
        (b"Invented worry. " * 700, ["--sender-kind", "public"], "10,000 characters or fewer"),
        (b" ", ["--sender-kind", "public"], "Say what you are worried about"),
        (b"Invented worry \xff", ["--sender-kind", "public"], "UTF-8"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence_that_repeats_nothing(post, concern, words, said):
    done = post(concern, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Invented" not in done.stderr
