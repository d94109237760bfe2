"""A promise of the demo's check is kept by what was tried: where nothing was, it fails, and says what was not."""

from collections import Counter

from engage.demo import two_walls
from engage.demo.at_hand import KINDS
from engage.demo.linkage_truth import _of_siblings
from engage.demo.looking import Browsed, Looked
from engage.demo.one_thing_more import THINGS, not_compared
from engage.demo.probing import guarded_models, kinds_taken
from engage.demo.walking import NOTHING_HIDDEN_BECAUSE, Compared, Walked

# Of these kinds at_hand.hidden_ids and the walk itself say what is hidden; of the others its list of kinds does.
HIDDEN_OTHERWISE = {"agreement_code", "proposal_id", "schedule_id", "sign_in_id", "letter_id", "upload_id"}


def looked(*compared: Compared, pages=(12, 12)) -> Looked:
    return Looked(Walked(), list(compared), [Browsed(one, []) for one in pages])


def asked(*kinds: str, who="ewan") -> Compared:
    return Compared(who, [], set(kinds), {"person_id", "pair_id"})


def test_every_reader_asks_for_every_kind_of_hidden_thing(capsys):
    excepted = {kind for _, kind in NOTHING_HIDDEN_BECAUSE}
    nia = Compared("nia", [], {"person_id", *excepted}, {"person_id", *excepted})
    assert looked(nia, asked("person_id", "pair_id")).hidden_equals_absent == ("yes", True)
    assert looked(nia, asked("person_id", "sign_in_id", who="iris")).hidden_equals_absent == ("no", False)
    assert capsys.readouterr().out == "  not asked for: pair_id by iris\n"
    assert looked().hidden_equals_absent == ("no", False)


def test_what_is_not_hidden_from_one_reader_is_asked_for_by_another(capsys):
    reader, kind = next(iter(NOTHING_HIDDEN_BECAUSE))
    alone = Compared(reader, [], set(), {kind})
    assert alone.not_asked == []
    assert looked(alone).hidden_equals_absent == ("no", False)
    assert f"  not asked for: {kind} by anybody\n" in capsys.readouterr().out


def test_of_every_kind_that_an_address_takes_something_hidden_is_looked_for():
    assert kinds_taken() <= {name for _, _, name in KINDS} | HIDDEN_OTHERWISE
    assert {kind for _, kind in NOTHING_HIDDEN_BECAUSE} <= kinds_taken()


def test_a_kind_of_thing_that_was_compared_with_nobody_is_named():
    pairs = Counter(dict.fromkeys(THINGS, 20))
    assert not_compared(pairs) == []
    pairs["a link"] = 0
    assert not_compared(pairs) == ["a link"]


def test_each_guarded_table_is_compared_or_the_database_alone_has_a_rule():
    compared = {model._meta.db_table for model in two_walls.with_a_rule_in_both()}
    assert {"people_record", "people_sealeditem", "people_sealedhandover", "publication_letter"} <= compared
    assert "people_judgement" in two_walls.by_the_database_alone()
    every = {model._meta.db_table for model in guarded_models()}
    assert compared | set(two_walls.by_the_database_alone()) == every


def test_walls_that_show_and_close_nothing_do_not_agree():
    found = two_walls.Compared(
        shown=Counter(people_fact=3, people_sealeditem=0), closed=Counter({two_walls.SHIELD: 0})
    )
    assert found.not_tried == [
        "people_sealeditem: nobody is shown a row of it",
        "a location shield closes no row to anybody",
    ]


def test_each_of_the_browsers_readers_must_see_pages():
    assert looked().accessible == (0, True)
    assert looked(pages=(40, 2)).accessible == (0, False)


def test_pairs_of_records_of_brothers_and_sisters():
    records = Counter({("h1", "amina"): 2, ("h1", "bilal"): 3, ("h2", "katie"): 5})
    assert _of_siblings(records) == {("amina", "bilal"): 6}
