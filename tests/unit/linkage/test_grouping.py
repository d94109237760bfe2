from dataclasses import replace
from datetime import UTC, datetime, timedelta

from engage.methods.linkage.grouping import Judgement, group, together_since

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def said(a, b, verdict, *, by_person=True, weight=0.0, minute=0, id=None):
    at = NOON + timedelta(minutes=minute)
    return Judgement(a, b, verdict, by_person, weight, at, id or f"{a}{b}{minute}")


def program(a, b, weight, verdict="same", minute=0):
    return said(a, b, verdict, by_person=False, weight=weight, minute=minute)


def test_a_person_is_named_by_the_record_received_first():
    grouping = group(["c", "a", "b"], {"a", "b", "c"}, [program("a", "b", 25), program("b", "c", 25)])
    assert grouping.person_of == {"a": "c", "b": "c", "c": "c"}


def test_no_chain_of_joins_beats_a_persons_not_same():
    judgements = [program("a", "b", 40), program("b", "c", 30), said("a", "c", "not_same")]
    grouping = group("abc", set("abc"), judgements)
    assert grouping.person_of == {"a": "a", "b": "a", "c": "c"}
    (conflict,) = grouping.needs_attention
    assert conflict.same.pair == {"b", "c"} and conflict.not_same.pair == {"a", "c"}


def test_what_a_person_joined_is_joined_before_what_the_program_weighed_heavier():
    judgements = [said("b", "c", "same"), program("a", "b", 60), said("a", "c", "not_same")]
    grouping = group("abc", set("abc"), judgements)
    assert grouping.person_of == {"a": "a", "b": "b", "c": "b"}


def test_the_latest_answer_of_a_person_holds_and_the_programs_comes_after_both():
    judgements = [
        said("a", "b", "not_same", minute=1),
        said("a", "b", "same", minute=2),
        program("a", "b", 0, "not_same"),
    ]
    assert group("ab", set("ab"), judgements).person_of == {"a": "a", "b": "a"}


def test_unsure_holds_a_pair_open_against_the_program():
    assert group("ab", set("ab"), [program("a", "b", 40), said("a", "b", "unsure")]).person_of["b"] == "b"


def test_a_withdrawn_answer_lets_the_programs_answer_hold_again():
    judgements = [
        program("a", "b", 40),
        said("a", "b", "not_same", minute=1),
        said("a", "b", "undone", minute=2),
    ]
    assert group("ab", set("ab"), judgements).person_of["b"] == "a"


def test_a_record_that_may_not_bridge_joins_the_person_it_fits_best_and_the_other_fit_is_reported():
    judgements = [program("a", "h", 30), program("b", "h", 25)]
    grouping = group("hab", set("ab"), judgements)
    assert grouping.person_of == {"h": "a", "a": "a", "b": "b"}
    (conflict,) = grouping.needs_attention
    assert conflict.same.pair == {"b", "h"} and conflict.not_same is None


def test_two_records_that_may_not_bridge_form_no_person_by_themselves():
    assert group("gh", set(), [said("g", "h", "same")]).person_of == {"g": "g", "h": "h"}


def test_the_programs_not_same_stops_the_program_but_not_a_person():
    apart = program("a", "c", 0, "not_same")
    chain = [program("a", "b", 40), program("b", "c", 30)]
    assert group("abc", set("abc"), [*chain, apart]).person_of["c"] == "c"
    assert group("abc", set("abc"), [*chain, apart, said("a", "c", "same")]).person_of["c"] == "a"


def test_a_word_of_a_person_that_cannot_be_followed_moves_nobody_however_heavy_it_is():
    apart = said("a", "c", "not_same")
    before = [apart, said("a", "b", "same", minute=1, weight=6)]
    later = said("b", "c", "same", minute=2, weight=40)
    assert group("abc", set("abc"), before).person_of["b"] == "a"
    grouping = group("abc", set("abc"), [*before, later])
    assert grouping.person_of == {"a": "a", "b": "a", "c": "c"}
    assert [conflict.same for conflict in grouping.needs_attention] == [later]


def test_a_colleague_who_confirms_moves_nobody():
    words = [
        said("a", "c", "not_same"),
        said("a", "b", "same", minute=1),
        said("b", "c", "same", minute=2),
    ]
    confirmed = [*words, said("a", "b", "same", minute=3)]
    assert group("abc", set("abc"), confirmed) == group("abc", set("abc"), words)


def test_of_two_that_weigh_the_same_it_does_not_matter_which_was_said_first():
    apart = said("a", "c", "not_same")
    one, other = program("a", "b", 25), program("b", "c", 25)
    said_anew = replace(one, at=NOON + timedelta(hours=1), id="z")
    assert (
        group("abc", set("abc"), [apart, one, other]).person_of
        == group("abc", set("abc"), [apart, said_anew, other]).person_of
    )


def test_two_are_one_since_the_first_word_that_held_them_together_without_a_break():
    words = [
        said("a", "b", "same", minute=0),
        said("a", "b", "not_same", minute=5),
        program("a", "c", 30, minute=10),
        program("b", "c", 30, minute=10),
        said("a", "b", "undone", minute=11),
        said("a", "b", "same", minute=20),
        said("a", "b", "undone", minute=30),
        program("b", "c", 0, "undone", minute=40),
    ]
    pair = frozenset("ab")
    until = NOON + timedelta(minutes=40)
    assert together_since([pair], "abc", set("abc"), (), words, until) == {pair: NOON + timedelta(minutes=11)}
    # When c was withdrawn is no word: since the first of all.
    assert together_since([pair], "abc", set("abc"), {"c"}, words, until) == {pair: NOON}
