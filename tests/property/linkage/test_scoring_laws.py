"""Laws of scoring: they hold whatever an agency writes into a field."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from engage.methods.linkage.blocking import blocking_keys
from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.linkage.scorer import decide, explain, score

MODEL = load_model()
texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "Kate", "Katherine", "Mohammed Ali", "O'Brien", "Smith-Jones", "Khan", "-", "N/K"]),
)
some_dates = st.one_of(st.none(), st.dates(date(2005, 1, 1), date(2020, 12, 31)))
ages = st.one_of(st.none(), st.dates(date(2005, 1, 1), date(2019, 12, 31)))


@st.composite
def identity_records(draw, id="a"):
    earliest = draw(ages)
    return IdentityRecord(
        id=id,
        source=draw(st.sampled_from(["COUNCIL", "POLICE"])),
        register=draw(st.sampled_from(["social-care-people", "police-missing"])),
        forenames=draw(texts),
        surname=draw(texts),
        known_as=draw(texts),
        former_surnames=tuple(draw(st.lists(texts, max_size=2))),
        dob=draw(some_dates),
        birth_earliest=earliest,
        birth_latest=earliest.replace(year=earliest.year + 1, day=1) if earliest else None,
        sex=draw(st.sampled_from([None, "M", "F", "U", "X", "1", "?"])),
        postcodes=tuple(
            draw(st.lists(st.sampled_from(["BB1 1AA", "bb11aa", "BB5", "ZZ99 3VZ", "?"]), max_size=3))
        ),
        district=draw(st.one_of(st.none(), texts)),
        nhs_number=draw(st.sampled_from([None, "9990000018", "999 000 0026", "9990000019", "x"])),
        upn=draw(st.sampled_from([None, "H889201200001", "A950000178301", "UN3", "A88920120001A"])),
        council_child_id=draw(st.sampled_from([None, "BD1", "BD2"])),
        phone=draw(st.sampled_from([None, "07700 900123", "+44 7700 900123", "none"])),
        bridges=draw(st.booleans()),
        restricted=draw(st.booleans()),
    )


@given(identity_records("a"), identity_records("b"))
def test_every_pair_can_be_scored_and_explained_and_weighs_the_same_either_way(a, b):
    left, right = standardise(a), standardise(b)
    found, turned = score(left, right, MODEL), score(right, left, MODEL)
    assert found.weight_bits == turned.weight_bits
    assert {veto.code for veto in found.vetoes} == {veto.code for veto in turned.vetoes}
    assert decide(found, left, right, MODEL) == decide(turned, right, left, MODEL)
    assert explain(found)


@given(identity_records("a"), identity_records("b"))
def test_what_is_restricted_does_not_bridge_or_carries_a_veto_is_never_joined_by_the_program(a, b):
    left, right = standardise(a), standardise(b)
    found = score(left, right, MODEL)
    if found.vetoes or a.restricted or b.restricted or not (a.bridges and b.bridges):
        assert decide(found, left, right, MODEL) != "join"


@given(identity_records("a"))
def test_a_record_compared_with_itself_has_nothing_against_it(a):
    same = standardise(replace(a, id="again", bridges=True, restricted=False, source="ELSEWHERE"))
    found = score(same, same, replace(MODEL, one_row_per_person=()))
    assert all(level.bits >= 0 for level in found.levels)
    assert {veto.code for veto in found.vetoes} <= {"no_given_name"}


@given(identity_records("a"), st.booleans())
def test_blocking_keys_are_named_whole_and_said_once(a, online):
    keys = blocking_keys(standardise(a), online=online)
    assert len(set(keys)) == len(keys)
    assert all(rule and value for rule, value in keys)
