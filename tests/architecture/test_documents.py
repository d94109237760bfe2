"""The generated pages are what the code would write, and no page names a place that is not there."""

import re
from pathlib import Path

import pytest

from engage.config.documents import PAGES, PROJECT, check, code_lists, command_line, make, pages_that_differ
from engage.ground.listing import COMMANDS
from engage.methods.deadlines import RETURN_INTERVIEW_WITHIN
from engage.practice.access.policy import policy_text
from engage.practice.receiving.reading.formats import parse_format, shipped_formats
from engage.reference import process_deadlines

PAGES_BY_HAND = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]


def plain(title: str) -> str:
    """The name of a heading in an address, as the usual readers of Markdown make it."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def test_every_generated_page_is_what_the_code_would_write():
    assert pages_that_differ() == [], "make them again: ./run engage documents make"


def test_checking_finds_a_page_that_somebody_changed_by_hand(tmp_path, capsys):
    make(tmp_path)
    assert pages_that_differ(tmp_path) == []
    changed = tmp_path / "docs/reference/feeds.md"
    changed.write_text(changed.read_text() + "A promise nobody keeps.\n")
    (tmp_path / "docs/reference/api.md").unlink()
    with pytest.raises(Exception) as exit_:
        check(tmp_path)
    assert exit_.value.exit_code == 1
    assert {"Differs: docs/reference/feeds.md", "Differs: docs/reference/api.md"} <= set(
        capsys.readouterr().err.splitlines()
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_written_the_same_twice(name):
    assert PAGES[name]() == PAGES[name]()


def test_every_rule_of_the_policy_is_on_its_page():
    page = PAGES["docs/reference/access-policy.md"]()
    ids = re.findall(r'@id\("([^"]+)"\)', policy_text())
    assert ids and [one for one in ids if f"### {one}\n" not in page] == []


def test_every_column_of_every_format_is_on_its_page():
    page = PAGES["docs/reference/feeds.md"]()
    columns = [c.name for f in shipped_formats().values() for s in f.sheets for c in s.columns]
    assert columns and [name for name in columns if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("page", PAGES_BY_HAND, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_between_pages_lead_somewhere(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, part = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.exists(), f"{target} is not there"
        if part and other.suffix == ".md":
            headings = {plain(title) for title in re.findall(r"^#+ (.+)$", other.read_text(), re.MULTILINE)}
            assert part in headings, f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES_BY_HAND, ids=lambda path: str(path.relative_to(PROJECT)))
def test_files_named_in_a_page_are_there(page: Path):
    """`src/engage/…`, `tests/…` and the like, so that a page is mended when code moves."""
    named = re.findall(r"`((?:src|tests|docs|bench|locks)/[\w./-]+)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (PROJECT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES_BY_HAND, ids=lambda path: str(path.relative_to(PROJECT)))
def test_commands_named_in_a_page_exist(page: Path):
    known = re.findall(r"^#+ (\./run engage .+)$", command_line.page(), re.MULTILINE)
    for command, rest in re.findall(r"\./run ([a-z]+)((?: [a-z][a-z-]*)*)", page.read_text(encoding="utf-8")):
        assert command in COMMANDS, command
        if command == "engage" and rest:
            named = f"./run engage{rest}"
            assert any(f"{named} ".startswith(f"{one} ") for one in known), named


def test_options_given_in_a_page_exist():
    known = set(re.findall(r"`(--[a-z-]+)`", command_line.page()))
    for page in PAGES_BY_HAND:
        for line in re.findall(r"^\./run engage .*$", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert set(re.findall(r" (--[a-z-]+)", line)) <= known, line


def test_the_format_shown_to_administrators_can_be_added():
    page = (PROJECT / "docs/how-to/add-a-format.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert parse_format(shown).code == "school-pupils"


def test_every_decision_is_in_the_list_of_decisions():
    folder = PROJECT / "docs/decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    pages = [path.name for path in folder.glob("0*.md")]
    assert pages and [name for name in pages if f"({name})" not in listed] == []


@pytest.mark.parametrize("name", ["start-a-shift", "decide-a-pair", "send-us-a-file"])
def test_what_a_page_tells_people_to_choose_is_on_a_screen(name):
    """Words in bold are those of a button, a link or a heading; a sentence in bold ends in a full stop."""
    text = " ".join((PROJECT / f"docs/how-to/{name}.md").read_text(encoding="utf-8").split())
    screens = "\n".join(
        path.read_text(encoding="utf-8")
        for part in ("practice", "desk", "govuk")
        for path in (PROJECT / "src/engage" / part).rglob("*")
        if path.suffix in (".py", ".html")
    ).replace("’", "'")
    labels = [words for words in re.findall(r"\*\*(.+?)\*\*", text) if not words.endswith(".")]
    assert labels and [words for words in labels if words not in screens] == []


def test_the_page_says_which_clock_runs_and_that_the_others_are_listed_only():
    rows = [line for line in code_lists.page().splitlines() if re.match(r"\| PD\d", line)]
    running = [line for line in rows if line.split("|")[2].strip() == "yes"]
    assert len(rows) == len(process_deadlines()) > 1
    assert [line.split("|")[1].strip() for line in running] == sorted(code_lists.RUNNING)
    (clock,) = (process_deadlines()[name] for name in code_lists.RUNNING)
    assert (clock.amount, clock.unit) == (RETURN_INTERVIEW_WITHIN.total_seconds() / 3600, "elapsed_hours")
