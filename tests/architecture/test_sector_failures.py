"""Each fact of what went wrong elsewhere has a test that carries its number."""

from engage.config.documents.sector_failures import held_by, page
from engage.reference import sector_failures


def test_every_fact_is_held_by_a_test():
    facts = [one.id for one in sector_failures()]
    assert facts == [f"R{n}" for n in range(1, 19)]
    assert set(facts) == set(held_by())


def test_a_number_in_the_name_of_a_test_is_that_of_a_fact():
    assert set(held_by()) <= {one.id for one in sector_failures()}


def test_a_test_says_what_it_holds_by_its_docstring_or_else_by_its_name(tmp_path):
    (tmp_path / "test_invented.py").write_text(
        'def test_r7_no_sheet_stays():\n    ...\ndef test_r18_x():\n    """As it was.\n\n    More."""\n'
        "def test_run(): ...\n"
    )
    found = held_by(tmp_path)
    assert {fact: [(one.says, one.file) for one in held] for fact, held in found.items()} == {
        "R7": [("no sheet stays", "tests/test_invented.py")],
        "R18": [("As it was", "tests/test_invented.py")],
    }


def test_the_page_names_every_test_that_holds_a_fact():
    written = page()
    assert [one.name for held in held_by().values() for one in held if one.says not in written] == []
