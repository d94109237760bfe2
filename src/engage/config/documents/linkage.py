"""docs/reference/linkage.md: the model that Engage ships, and what linking costs and gets right, from kept runs."""

from __future__ import annotations

from engage.methods.linkage.levels import COMPARISONS
from engage.methods.linkage.model import load_model

from .markdown import table, written
from .proofs import FROM, Proof, account_of

INTRODUCTION = """How well Engage finds out who is who, beside [Splink](https://moj-analytical-services.github.io/splink/) in one run on
one machine: read the ratios, not the seconds. People, families and errors are invented, from a public seed. How it works:
decisions [0001](../decisions/0001-a-person-is-not-a-row.md), [0007](../decisions/0007-one-model-file-two-engines.md),
[0028](../decisions/0028-two-teams-ask-without-showing-their-lists.md),
[0031](../decisions/0031-an-opinion-moves-nobody-and-a-relation-is-a-not-the-same.md) and
[0034](../decisions/0034-a-linkage-model-is-adopted.md). What each team measures of its own records stands on its page
[who is who](../how-to/look-after-who-is-who.md)."""

MEASURED = (
    Proof(
        "linkage-batch",
        "Whole files",
        "Invented records of six agencies, each with its own errors, of people in families. Engage with a saved model (read,"
        " meet, weigh, decide, group) beside a plain Splink model (load, predict, cluster at 0.95); training beside Splink's"
        " u by sampling and m by expectation-maximisation. Each in a process of its own.",
        "",
        "",
    ),
    Proof(
        "linkage-online",
        "One report among many",
        "New reports of known and of unknown people, by a member of staff behind both walls; some with neither birth date nor"
        " postcode. The same reports through Splink's better path for one record. And the whole request of the page, with"
        " its checks and its account.",
        "",
        "",
    ),
    Proof(
        "linkage-histories",
        "Who is who follows from what was said",
        "Random histories of a few records, of twins, triplets, a father and son of one name and an adopted child among them:"
        " judged, joined, parted, taken back, weighed anew by a new model, withdrawn. After each event: worked out again from"
        " the log, undone, in any other order of arrival; no chain beats a person's *not the same*; a word that cannot be"
        " followed moves nobody; ids are inherited, lead on and come back.",
        "2,000 histories",
        "100,000 histories",
    ),
    Proof(
        "linkage-stability",
        "Ids stay when a little more is received",
        "One record in a hundred of the demo's files is held back, received later and linked with all others; whoever has the"
        " records of before has the id of before, and who is who is as if everything had come in one file.",
        "one small draw",
        "not more than is kept here",
    ),
    Proof(
        "linkage-files",
        "Files of any people",
        "`./run engage linkage run` and `evaluate` as anybody calls them, on files whose weights it learns from the file alone."
        " FEBRL: 1,000 and 5,000 invented people of Australia with slips in every field; nobody is another's brother or sister,"
        " and one record in fifty has another given name whole. Families: invented people of six agencies, as for whole files.",
        "",
        "",
    ),
    Proof(
        "linkage-private",
        "Asking the team next door",
        "FEBRL4's two files as two teams: whether the blind question finds whom it should and nobody else, what it costs, and"
        " how large the filter is.",
        "",
        "",
    ),
)  # fmt: skip


def page() -> str:
    model = load_model()
    return written(
        "Who is who: the model and its figures",
        f"src/engage/methods/linkage/models and {FROM}",
        INTRODUCTION,
        *account_of(MEASURED),
        "## The model that Engage ships",
        f"Version {model.version}, hash {model.hash[:12]}; learned from {model.trained_on}. A program joins two records from"
        f" {model.join_bits:g} bits on, unless a veto or a person's word stands against it; a person is asked from"
        f" {model.ask_bits:g} bits, and where a veto speaks against the pair from {model.ask_contradicted_bits:g}. *m* is how often"
        " two records of one person stand at this level, *u* how often those of two people do; bits are log₂(m/u).",
        table(
            ["Field", "Level", "m", "u", "Bits"],
            [
                (
                    field,
                    level.name.replace("_", " "),
                    f"{level.m:.4g}",
                    f"{level.u:.4g}",
                    f"{level.bits:+.1f}",
                )
                for field in COMPARISONS
                if field in model.comparisons
                for level in model.comparisons[field]
            ],
        ),
    )
