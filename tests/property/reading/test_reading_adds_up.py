"""Laws of reading that hold for every file."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engage.practice.receiving.reading import (
    FileRefused,
    FormatError,
    parse_format,
    read_file,
    shipped_formats,
    write_problem_rows,
)

SLOW_ENOUGH = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "Y",
            "perhaps",
            "MP-1",
            "14/02/2011",
            "31/02/2011",
            "2026-10-25T01:30",
            "05/01/2026 21:30",
            "BB1 1AA",
            "=1+1",
            "+44 7700 900123",
            "high",
            "CE01;CE99",
            "14",
            "c. 1997",
            "Ash\u202eworth",
            "999 000 0018",
            "a\nb",
        ]
    ),
)
CSV_FORMATS = sorted(code for code, found in shipped_formats().items() if "csv" in found.file_types)


@st.composite
def tables(draw):
    code = draw(st.sampled_from(CSV_FORMATS))
    names = [column.name for column in shipped_formats()[code].sheets[0].columns]
    rows = draw(st.lists(st.lists(WORDS, min_size=len(names), max_size=len(names)), min_size=1, max_size=12))
    return code, names, rows


def written(names, rows) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *rows])
    return text.getvalue().encode("utf-8", "surrogatepass")


@SLOW_ENOUGH
@given(tables())
def test_every_row_sent_is_applied_held_or_rejected_and_none_is_lost(table):
    code, names, rows = table
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(written(names, rows))
        sent = [number for number, row in enumerate(rows, start=2) if any(row)]
        try:
            reading = read_file(path, shipped_formats()[code])
        except FileRefused as refused:
            # Only a file without rows, or with its header again among them, is refused here.
            assert refused.reason_code in {"zero_rows", "doubled_header"}
            assert not sent or names in rows
            return
        read = list(reading.rows())
        outcomes = [row.outcome for row in read]
        assert reading.row_count == len(read) == sum(map(outcomes.count, ("apply", "held", "rejected")))
        assert [row.number for row in read] == sent
        for row in read:
            worst = {problem.outcome for problem in row.problems}
            expected = "rejected" if "rejected" in worst else "held" if "held" in worst else "apply"
            assert row.outcome == expected
            assert row.outcome == "rejected" or row.reference
            "".join(row.as_sent.values()).encode("utf-8")
            assert "\0" not in "".join(row.as_sent.values())
        listed = write_problem_rows(read, [problem for row in read for problem in row.problems])
        lines = list(csv.reader(io.StringIO(listed)))
        assert len(lines) - 1 == len(read) - outcomes.count("apply")
        assert not any(
            cell.lstrip("\0 ")[:1] in set("=+-@＝＋－＠") - {""} for line in lines for cell in line if cell
        )


@SLOW_ENOUGH
@given(st.binary(max_size=400), st.sampled_from(sorted(shipped_formats())))
def test_no_bytes_break_the_reading(content, code):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f"
        path.write_bytes(content)
        try:
            reading = read_file(path, shipped_formats()[code])
        except FileRefused as refused:
            assert refused.sentence.endswith(".")
            return
        assert reading.row_count == len(list(reading.rows()))


@SLOW_ENOUGH
@given(tables(), st.integers(min_value=1), st.binary(min_size=1, max_size=3))
def test_a_damaged_file_is_read_row_by_row_or_refused_whole(table, where, damage):
    code, names, rows = table
    content = bytearray(written(names, rows))
    at = where % len(content)
    content[at : at + len(damage)] = damage
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(content)
        try:
            reading = read_file(path, shipped_formats()[code])
        except FileRefused:
            return
        assert reading.row_count == len(list(reading.rows()))


@SLOW_ENOUGH
@given(st.text(max_size=200), st.integers(min_value=0, max_value=1500))
def test_a_format_with_anything_in_it_is_read_or_refused_in_words(noise, where):
    text = shipped_formats()["health-contacts"].text
    try:
        parse_format(text[:where] + noise + text[where:])
    except FormatError as error:
        assert str(error)
