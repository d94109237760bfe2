"""The older register's persons of concern: two roles read them, and a hidden child stands there by number alone."""

from __future__ import annotations

import pytest
from tests.integration.receiving.conftest import as_workbook

from engage.practice.receiving.models import SetAsideRow

PAGE = "/files/persons-of-concern/"


@pytest.fixture
def register(feeds):
    return feeds.send(
        "legacy-register",
        "LANCS-POL",
        as_workbook(
            {
                "Children": [
                    ["op_ref", "name", "dob", "address", "notes", "status", "opened", "closed"],
                    ["OP7", "INVENTED, Ada", "12/3/2012", "", "", "open", "01/06/2024", ""],
                ],
                "Nominals": [
                    ["nom_ref", "name", "alias", "dob", "address", "vehicle", "phone", "notes"],
                    ["N1", "Invented Adult", "Shadow", "c. 1980", "", "White van", "07700 900999", "Seen"],
                    ["N2", "Other Adult", "", "", "", "", "", ""],
                ],
                "Links": [
                    ["op_ref", "nom_ref", "how", "date"],
                    ["OP7", "N1", "Seen together", "02/06/2024"],
                    ["OP8", "N1", "Named by a friend", "03/06/2024"],
                ],
            }
        ),
    )


def test_the_manager_and_police_intelligence_find_them_from_the_files(register, browser, feeds):
    for code in ("grace", "beth"):
        client = browser(code)
        assert PAGE in client.get("/files/").content.decode()
        page = client.get(PAGE).content.decode()
        assert "Invented Adult" in page and "Shadow" in page and "Other Adult" in page
        assert "unverified" in page and "Handling code P" in page


def test_everybody_else_is_told_what_they_are_told_of_no_page_at_all(register, browser, feeds):
    entry = feeds.rows(SetAsideRow, sheet="Nominals")[0].pk
    for code in ("amir", "ewan", "carys", "hal", "max", "lena", "kit", "nia"):
        client = browser(code)
        assert PAGE not in client.get("/files/").content.decode()
        nothing = client.get("/no-such-page/")
        for address in (PAGE, f"{PAGE}{entry}/"):
            answer = client.get(address)
            assert (answer.status_code, "Invented" in answer.content.decode()) == (404, False)
        assert nothing.status_code == 404


def test_an_entry_shows_how_it_is_linked_with_children(register, browser, feeds):
    entry = next(row for row in feeds.rows(SetAsideRow, sheet="Nominals") if row.reference == "N1")
    page = browser("beth").get(f"{PAGE}{entry.pk}/").content.decode()
    assert "c. 1980" in page and "White van" in page
    assert "Seen together" in page and "Ada INVENTED" in page
    assert "OP8" in page  # no child of the records has this number


def test_a_second_sending_replaces_the_entry(register, browser, feeds):
    feeds.send(
        "legacy-register",
        "LANCS-POL",
        as_workbook(
            {
                "Children": [["op_ref", "name", "dob", "address", "notes", "status", "opened", "closed"]],
                "Nominals": [
                    ["nom_ref", "name", "alias", "dob", "address", "vehicle", "phone", "notes"],
                    ["N1", "Mended Adult", "", "", "", "", "", ""],
                ],
                "Links": [["op_ref", "nom_ref", "how", "date"]],
            }
        ),
    )
    page = browser("grace").get(PAGE).content.decode()
    assert "Mended Adult" in page and "Invented Adult" not in page and "Other Adult" in page
