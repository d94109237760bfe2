"""`linkage run` on real files: few fields, fields of other people than children, families, and files that are wrong."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from engage.linkage_files.clusters import Join, supported_merge
from engage.linkage_files.command_line import linkage
from engage.linkage_files.fields import split_name

NAMES = "given=first,surname=last,dob=born"
PEOPLE = """id,first,last,born
1,Katherine,Holden,2009-03-14
2,Kate,Holden,14/03/2009
3,Jayden,Whittle,20101102
4,Jaydan,Whittle,2010-11-02
5,Aisha,Rahman,2008-07-21
6,Aisha,Rahman,2012-01-09
7,Oliver,Pemberton,2011-05-30
"""


def run(folder: Path, text: str, fields: str, *more: str) -> Result:
    (folder / "people.csv").write_text(text, encoding="utf-8")
    out = ["--out", str(folder / "clusters.parquet"), "--review", str(folder / "review.csv")]
    return CliRunner().invoke(
        linkage, ["run", str(folder / "people.csv"), "--fields", fields, "--id", "id", *out, *more]
    )


def clusters(folder: Path) -> set[frozenset[str]]:
    found = defaultdict(set)
    for record, cluster, _ in pl.read_parquet(folder / "clusters.parquet").iter_rows():
        found[cluster].add(record)
    return {frozenset(records) for records in found.values()}


def pairs_to_review(folder: Path) -> dict[tuple[str, str], str]:
    table = pl.read_csv(folder / "review.csv", infer_schema=False)
    return {(row["record_a"], row["record_b"]): row["why"] for row in table.iter_rows(named=True)}


def test_names_and_dates_of_birth_are_enough(tmp_path: Path) -> None:
    result = run(tmp_path, PEOPLE, NAMES)
    assert result.exit_code == 0, result.output
    assert {"1", "2"} in clusters(tmp_path)
    assert {"3", "4"} in clusters(tmp_path)
    assert {"5"} in clusters(tmp_path) and {"6"} in clusters(tmp_path)
    table = pl.read_parquet(tmp_path / "clusters.parquet")
    assert table.columns == ["record_id", "cluster_id", "weakest_link"]
    alone = table.filter(record_id="7")["weakest_link"][0]
    together = table.filter(record_id="1")["weakest_link"][0]
    assert alone is None and together > 16


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    head, *rows = PEOPLE.splitlines()
    run(tmp_path, PEOPLE, NAMES)
    before = pl.read_parquet(tmp_path / "clusters.parquet")
    run(tmp_path, "\n".join([head, *reversed(rows)]), NAMES)
    assert pl.read_parquet(tmp_path / "clusters.parquet").equals(before)


def test_twins_stay_apart_and_are_shown_to_a_person(tmp_path: Path) -> None:
    twins = (
        "id,first,last,born,code,list\na,Amelia,Croft,2010-02-03,BB1 1AA,school\n"
        "b,Thomas,Croft,2010-02-03,BB1 1AA,police\nc,Tom,Croft,2010-02-03,BB1 1AA,school\n"
    )
    result = run(tmp_path, twins, f"{NAMES},postcode=code", "--source", "list")
    assert result.exit_code == 0, result.output
    assert clusters(tmp_path) == {frozenset("a"), frozenset("bc")}
    assert "given names clearly differ" in pairs_to_review(tmp_path)["a", "b"]


def test_the_most_alike_are_read_first_and_how_many_there_are_is_said(tmp_path: Path) -> None:
    names = ("Croft", "Whitaker", "Sharples", "Haworth", "Aspin", "Duxbury")
    twins = "".join(
        f"{name}1,Leah,{name},2011-06-01\n{name}2,Layla,{name},2011-06-01\n" for name in names[::2]
    )
    others = "".join(
        f"{name}1,Ava,{name},2011-06-01\n{name}2,Ava,{name},2004-02-11\n" for name in names[1::2]
    )
    result = run(tmp_path, PEOPLE + others + twins, NAMES)
    weights = pl.read_csv(tmp_path / "review.csv")["weight_bits"].to_list()
    assert len(set(weights)) > 1 and weights == sorted(weights, reverse=True)
    assert (
        f"{len(weights)} pairs for a person to look at: {tmp_path}/review.csv, the most alike first"
        in result.output
    )


def test_people_of_the_past_have_an_occupation_and_a_birth_place(tmp_path: Path) -> None:
    census = (
        "id,name,year,place,trade,also\n1,John Henry Ackroyd,1841,Haworth,weaver,\n"
        '2,"Ackroyd, John",1841,Haworth,Weaver,\n3,Martha Ackroyd,1841,Haworth,weaver,\n'
        "4,Ann Sutcliffe,1850,Halifax,servant,Ann Greenwood\n5,Ann Greenwood,1850,Halifax,servant,\n"
    )
    fields = "full_name=name,birth_year=year,place=place,occupation=trade,aliases=also"
    result = run(tmp_path, census, fields)
    assert result.exit_code == 0, result.output
    assert clusters(tmp_path) == {frozenset("12"), frozenset("3"), frozenset("45")}


def test_a_column_that_says_nothing_is_said_and_left_out(tmp_path: Path) -> None:
    empty = "\n".join(f"{line},{'code' if line.startswith('id') else ''}" for line in PEOPLE.splitlines())
    result = run(tmp_path, empty, f"{NAMES},postcode=code")
    assert result.exit_code == 0
    assert "Column “code” (postcode) is empty in every row: left out." in result.stderr
    assert {"1", "2"} in clusters(tmp_path)


def test_a_value_that_everybody_has_is_capped_and_said(tmp_path: Path) -> None:
    rows = "\n".join(f"{number},Kate,Holden,2010" for number in range(2100))
    result = run(tmp_path, f"id,first,last,year\n{rows}\n", "given=first,surname=last,birth_year=year")
    assert result.exit_code == 0, result.output
    assert (
        "Keys too common to tell anybody by (surname given birth year; up to 2,100 records)" in result.stderr
    )
    assert len(clusters(tmp_path)) == 2100


def test_what_stands_for_not_known_is_taken_so_and_said(tmp_path: Path) -> None:
    nobody = "\n".join(f"n{number},Unknown,not known,1900-01-01" for number in range(2100))
    result = run(tmp_path, f"{PEOPLE}{nobody}\n", NAMES)
    assert result.exit_code == 0, result.output
    assert "Column “born”: 2,100 rows have one and the same dob: taken as not known." in result.stderr
    assert {"1", "2"} in clusters(tmp_path) and {"n7"} in clusters(tmp_path)
    assert len(pairs_to_review(tmp_path)) < 10


@pytest.mark.parametrize(
    ("text", "fields", "sentence"),
    [
        (PEOPLE, "given=forename,surname=last", "has no column “forename”. It has: id, first, last, born."),
        (PEOPLE, "given=first,shoe=last", "there is no field “shoe”. Fields: given, surname,"),
        (PEOPLE, "given", "“given” is not of the form field=column"),
        (PEOPLE, "dob=born", "name at least one of given, surname, full_name"),
        (PEOPLE + "3,A,B,2001-01-01\n", NAMES, "the id in row 4 of column “id” stands again in row 9"),
        (PEOPLE + ",A,B,2001-01-01\n", NAMES, "row 9: no id in column “id”"),
        ("", NAMES, "is empty"),
        ("id,first,last,born\n", NAMES, "has no rows"),
        ("id,first\n1,a,b,c\n", "given=first", "cannot be read as CSV"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    tmp_path: Path, text: str, fields: str, sentence: str
) -> None:
    result = run(tmp_path, text, fields)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_a_folder_that_is_not_there_is_said_before_the_work(tmp_path: Path) -> None:
    result = run(tmp_path, PEOPLE, NAMES, "--out", str(tmp_path / "none" / "clusters.csv"))
    assert result.exit_code == 2
    assert "There is no folder" in result.stderr


@pytest.mark.parametrize("option", ["--out", "--review"])
def test_where_one_file_cannot_be_written_neither_is(tmp_path: Path, option: str) -> None:
    name = "c" * 252  # as long as a name may be: nothing can be written beside it
    result = run(tmp_path, PEOPLE, NAMES, option, str(tmp_path / name))
    assert result.exit_code == 2
    assert "cannot be written: " in result.stderr and "None" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_a_folder_is_not_taken_for_a_file(tmp_path: Path) -> None:
    named = ["--fields", NAMES, "--id", "id", "--out", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(linkage, ["run", str(tmp_path), *named])
    assert result.exit_code == 2
    assert "is a folder; name a file" in result.stderr


def test_a_damaged_parquet_file_is_said(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 and no more")
    named = ["--fields", NAMES, "--id", "id", "--out", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(linkage, ["run", str(damaged), *named])
    assert result.exit_code == 2
    assert "cannot be read as Parquet" in result.stderr


def test_one_link_does_not_bridge_two_families_of_records() -> None:
    joins = [Join(*pair, 30) for pair in ("ab", "bc", "ac", "de", "ef", "df")] + [Join("c", "d", 25)]
    found = supported_merge("abcdef", joins, []).cluster_of
    assert {record for record in "abcdef" if found[record] == "a"} == set("abc")


def test_two_numbers_hold_two_records_apart_whatever_joins_them() -> None:
    joins = [Join("a", "b", 30), Join("b", "c", 29)]
    found = supported_merge("abc", joins, [], never=[("a", "c")])
    assert found.cluster_of == {"a": "a", "b": "a", "c": "c"}
    assert found.refused == [Join("b", "c", 29)]


def test_a_disk_without_room_is_said_and_nothing_is_half_written(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(with_other_given_names(600), encoding="utf-8")
    called = [
        sys.executable,
        "-m",
        "engage.linkage_files",
        "run",
        "people.csv",
        "--fields",
        NAMES,
        "--id",
        "id",
    ]
    # No file of more than 20 kB may be written: as on a disk that has no more.
    shut = ["bash", "-c", 'ulimit -f 20; exec "$@"', "bash", *called, "--out", "clusters.csv"]
    done = subprocess.run(shut, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "Set TMPDIR to a folder with room, and run it again." in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]
    again = subprocess.run([*called, "--out", "clusters.csv"], cwd=tmp_path, capture_output=True, check=False)
    assert again.returncode == 0 and (tmp_path / "clusters.csv").exists()


FAMILY = """id,first,last,born,code
father,Jack,Crabtree,1986-01-14,BB1 1AA
son,Jack,Crabtree,2012-09-08,BB1 1AA
either,Jack,Crabtree,,BB1 1AA
sister,Ella,Crabtree,2010-02-11,BB1 1AA
"""


def test_who_fits_a_father_and_his_son_does_not_join_them(tmp_path: Path) -> None:
    run(tmp_path, FAMILY, f"{NAMES},postcode=code")
    assert not any({"father", "son"} <= cluster for cluster in clusters(tmp_path))
    assert {"sister"} in clusters(tmp_path)


def test_a_brother_and_a_sister_of_other_ages_are_nobodys_question(tmp_path: Path) -> None:
    run(tmp_path, FAMILY, f"{NAMES},postcode=code")
    asked = pairs_to_review(tmp_path)
    assert ("father", "son") in asked
    assert not asked.keys() & {("father", "sister"), ("sister", "son")}


def strangers(number: int) -> list[str]:
    """Names that nobody shares."""
    letters = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(number)]
    return [f"Da{a}on,Hol{a}wick,19{50 + n % 40}-0{1 + n % 9}-1{n % 10}" for n, a in enumerate(letters)]


def with_other_given_names(number: int) -> str:
    """Each stands twice, the second time with another given name."""
    rows = strangers(number)
    again = ["Philippa," + row.partition(",")[2] for row in rows]
    return "id,first,last,born\n" + "\n".join(f"{n},{row}" for n, row in enumerate([*rows, *again])) + "\n"


def test_more_twins_than_there_can_be_stay_apart_until_somebody_says_that_there_are_no_families(
    tmp_path: Path,
) -> None:
    result = run(tmp_path, with_other_given_names(40), NAMES)
    assert len(clusters(tmp_path)) == 80
    assert "40 pairs agree in surname and date of birth and have other given names" in result.stderr
    result = run(tmp_path, with_other_given_names(40), NAMES, "--no-families")
    assert {len(cluster) for cluster in clusters(tmp_path)} == {2}
    assert "other given names" not in result.stderr


def test_a_few_twins_are_taken_for_twins(tmp_path: Path) -> None:
    result = run(tmp_path, with_other_given_names(5), NAMES)
    assert len(clusters(tmp_path)) == 10 and "too many" not in result.stderr


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jonathan,Whittle", "Jonahtan,Whitle"),  # a slip in both
        ("Jonathan,Whittle", "Wittle,Jonathan"),  # swapped, with a slip
        ("Jonathan,Whittle", "J,Whittle"),
        ("Mary Jane,Whittle", "Jane,Whittle"),
        ("Jonathan,Whittle", "Jona than,Whittle"),
        ("Jonathan,Whittle", "Jonathan,Whittle-Shaw"),
    ],
)
def test_one_person_is_found_however_the_name_is_written(tmp_path: Path, one: str, other: str) -> None:
    rows = [f"{name},2010-11-02" for name in (one, other)] + strangers(60)
    run(tmp_path, "id,first,last,born\n" + "\n".join(f"{n},{row}" for n, row in enumerate(rows)), NAMES)
    assert {"0", "1"} in clusters(tmp_path)


def test_a_postcode_of_another_country_is_the_code_of_an_area(tmp_path: Path) -> None:
    abroad = "\n".join(
        f"{line},{'code' if line.startswith('id') else 2000 + n}"
        for n, line in enumerate(PEOPLE.splitlines())
    )
    result = run(tmp_path, abroad, f"{NAMES},postcode=code")
    assert (
        "No value of column “code” is a British postcode: compared as the code of an area." in result.stderr
    )
    assert {"1", "2"} in clusters(tmp_path)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Holden, Kate Ann", ("Kate Ann", "Holden", ())),
        ("van der Berg, Jan", ("Jan", "van der Berg", ())),
        ("Dr. Kate Ann Holden", ("Kate Ann", "Holden", ())),
        ("Sammy Holden Jr.", ("Sammy", "Holden", ())),
        (
            "Thomas Clifford, 1st Baron Clifford of Chudleigh",
            ("Thomas", "Clifford", ("Clifford", "Chudleigh")),
        ),
        ("Tom 1st Baron Clifford of Chudleigh", ("Tom", "Chudleigh", ("Clifford",))),
        ("Marcus Earl", ("Marcus", "Earl", ())),
        ("Holden", ("", "Holden", ())),
        ("", ("", "", ())),
    ],
)
def test_a_whole_name_is_read_with_its_title(written: str, read: tuple) -> None:
    assert split_name(written) == read
