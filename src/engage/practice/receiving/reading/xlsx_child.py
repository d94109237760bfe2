"""Reads a workbook in a process of its own, with little memory, little time and nothing to write to but its answer.

Run by `xlsx_files` as `python -I xlsx_child.py FILE WANTED-SHEETS LIMITS`; imports nothing of ours.
Answers in JSON lines: the book, then for each sheet read {"sheet"}, its rows [number, cells, special cells] and
{"hidden"}; last {"end"}. {"refused": reason code} may come at any point, and means that nothing of it may be kept.
"""

import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Refused(Exception):
    pass


def main() -> None:
    path, wanted, limits = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["answer"], limits["answer"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        check_zip(path, limits["unpacked"])
        read(path, wanted, limits["rows"])
    except Refused as refused:
        say({"refused": str(refused)})
    except MemoryError:
        say({"refused": "too_large"})
    except Exception as error:  # a hostile file may raise anything, from any depth of the parser
        say({"refused": "entity_bomb" if is_about_entities(error) else "not_readable"})


def is_about_entities(error: BaseException | None) -> bool:
    while error is not None:
        if type(error).__name__ in {"EntitiesForbidden", "ExternalReferenceForbidden", "DTDForbidden"}:
            return True
        error = error.__cause__ or error.__context__
    return False


def say(line: object) -> None:
    # json escapes everything but ASCII, so that lone surrogates survive the way.
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def check_zip(path: str, most_unpacked: int) -> None:
    with zipfile.ZipFile(path) as book:
        entries = book.infolist()
        if sum(entry.file_size for entry in entries) > most_unpacked or len(entries) > 10_000:
            raise Refused("zip_bomb")
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refused("encrypted")
        if "xl/workbook.xml" not in {entry.filename.lower() for entry in entries}:
            raise Refused("not_a_workbook")


def read(path: str, wanted: list[str] | None, most_rows: int | None) -> None:
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl takes it if it is there; it maps much memory
    import defusedxml  # noqa: F401  openpyxl is open to entity bombs without it
    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
    from openpyxl.xml import functions

    if not functions.DEFUSEDXML:
        raise Refused("not_readable")
    # An open file, because a path must end in .xlsx to please openpyxl, and received files have names of ours.
    file = open(path, "rb")  # noqa: SIM115  open as long as this process lives
    book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    sheets = [(sheet.title, sheet.sheet_state) for sheet in book.worksheets]
    say({"sheets": sheets, "since_1904": book.epoch == CALENDAR_MAC_1904})
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if wanted is not None:
        keys = {key(name) for name in wanted}
        visible = [sheet for sheet in visible if key(sheet.title) in keys]
    else:
        visible = visible[:1]
    for sheet in visible:
        read_sheet(sheet, most_rows)
    say({"end": True})


def key(name: str) -> str:
    return re.sub(r"[\s_]+", "", name).casefold()


def read_sheet(sheet: object, most_rows: int | None) -> None:
    say({"sheet": sheet.title})
    hidden = hidden_columns(sheet)
    names: list[tuple[int, str]] | None = None
    header: list[str] = []
    sheet.reset_dimensions()  # a wrong dimension in the file would cut rows off
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        texts, special = [], {}
        for place, cell in enumerate(cells):
            text, kind = as_text(cell)
            texts.append(text)
            if kind:
                special[place] = kind
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if names is None:
            names = [(place, texts[place]) for place in sorted(hidden) if place < len(texts)]
        if hidden:
            special = {place: kind for place, kind in special.items() if place not in hidden}
            texts = ["" if place in hidden else text for place, text in enumerate(texts)]
            if not any(texts):
                continue
        if texts == header:
            raise Refused("doubled_header")
        header = header or texts
        say([number, texts, special])
        if most_rows is not None:
            most_rows -= 1
            if most_rows < 0:
                break
    say({"hidden": names or []})


def hidden_columns(sheet: object) -> set[int]:
    """Places (from 0) of hidden columns. openpyxl leaves them out when it reads row by row."""
    from defusedxml.ElementTree import iterparse

    hidden: set[int] = set()
    with sheet._get_source() as source:
        for event, element in iterparse(source, events=("start", "end")):
            if element.tag == MAIN + "sheetData":
                break
            narrow = element.get("width") is not None and is_zero(element.get("width"))
            if (
                event == "end"
                and element.tag == MAIN + "col"
                and (element.get("hidden") in ("1", "true") or narrow)
            ):
                first, last = int(element.get("min")), min(int(element.get("max")), 16_384)
                hidden.update(range(first - 1, last))
    return hidden


def is_zero(width: str) -> bool:
    try:
        return float(width) == 0
    except ValueError:
        return False


def as_text(cell: object) -> tuple[str, str]:
    """The cell as text and what is special: "f" formula, "n" number, "d" date, "e" error."""
    value = cell.value
    if value is None:
        return "", ""
    if cell.data_type == "f" or not isinstance(
        value, str | bool | int | float | datetime | date | time | timedelta
    ):
        text = getattr(value, "text", None) or str(value)  # array formulas are objects with a text
        return text if text.startswith("=") else "=" + text, "f"
    if cell.data_type == "e":
        return str(value), "e"
    if isinstance(value, str):
        return value, ""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), ""
    if isinstance(value, int | float):
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else str(value), "n"
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        shows_time = re.search(r"[hH]", re.sub(r'"[^"]*"|\[[^\]hH]*\]', "", cell.number_format or ""))
        midnight = value.time() == time(0)
        return (f"{value:%Y-%m-%d}" if midnight and not shows_time else f"{value:%Y-%m-%dT%H:%M:%S}"), "d"
    return str(value), ""


if __name__ == "__main__":
    main()
