"""What the demo says of its own linkage, on a few records whose truth can be read here."""

import pytest

from engage.demo.linkage_truth import measure_linkage
from engage.practice.access.gate import acting_as
from engage.practice.people import queries
from engage.practice.people.models import Record
from engage.practice.receiving.actions import receiver

pytestmark = pytest.mark.django_db

TRUTH = """format,agency,reference,child_id,household_id
social-care-people,BWD-CSC,P1,katie,h1
police-missing,LANCS-POL,R1,katie,h1
social-care-people,LCC-CSC,L1,amina,h2
police-missing,LANCS-POL,R2,amina,h2
"""


@pytest.fixture
def waiting(sent, council_record, police_record, amina):
    """Of each child a pair that waits for somebody; nothing is joined. The report on Katie comes first."""
    told = amina("L1")
    report, _ = sent(police_record("R1", forenames="Eleanor"))
    sent(council_record("P1"))
    sent(told)
    names = {name: getattr(told, name) for name in ("surname", "born_on", "addresses")}
    sent(police_record("R2", forenames="Sara", phone="", **names))
    return report


def test_pairs_that_nobody_is_shown_count_as_offered_and_not_as_shown(waiting, now, tmp_path, monkeypatch):
    (tmp_path / "truth.csv").write_text(TRUTH, encoding="utf-8")
    monkeypatch.setattr(
        queries,
        "open_business",
        [lambda reader: Record.objects.visible_to(reader).filter(pk=waiting).values("person_id")],
    )
    figures = measure_linkage(tmp_path, now=now)
    # Nothing is joined, so that nothing is joined rightly; and nobody has a brother or sister to be joined with.
    assert (figures.precision, figures.recall, figures.recall_with_offered) == (0.0, 0.0, 1.0)
    assert (figures.same_household_joined_wrongly, figures.same_household_could_be) == (0, 0)
    # Amina has nothing open, so her pair is shown to nobody and her records are not counted.
    assert figures.recall_with_shown == 1.0

    # Were all four records of one child, who has something open: both pairs wait, one of them touches it.
    (tmp_path / "truth.csv").write_text(TRUTH.replace("amina,h2", "katie,h1"), encoding="utf-8")
    figures = measure_linkage(tmp_path, now=now)
    assert (figures.recall_with_offered, figures.recall_with_shown) == (2 / 6, 1 / 6)


def test_brothers_and_sisters_joined_are_counted_and_named(waiting, now, tmp_path):
    (tmp_path / "truth.csv").write_text(TRUTH.replace("h2", "h1"), encoding="utf-8")
    figures = measure_linkage(tmp_path, now=now)
    assert (figures.same_household_joined_wrongly, figures.same_household_could_be) == (0, 4)
    with acting_as(receiver(), now=now):
        Record.objects.visible_to(receiver()).update(person_id=waiting)
    figures = measure_linkage(tmp_path, now=now)
    assert figures.same_household_joined_wrongly == 4
    assert figures.siblings_joined == [("amina", "katie")]
