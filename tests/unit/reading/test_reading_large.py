"""Large files: memory stays flat. Measured in a process of its own, so that nothing else counts."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.reading.making_files import REPORT, columns_of

# The peak is the kernel's for this program alone: ru_maxrss would count the test worker that started it.
READ = """
import json, sys, time
from pathlib import Path
def peak_mib():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
from engage.practice.receiving.reading import read_file, shipped_formats
format = shipped_formats()["police-missing"]
before = peak_mib()
started = time.monotonic()
reading = read_file(Path(sys.argv[1]), format)
outcomes = {}
for row in reading.rows():
    outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
print(json.dumps({
    "row_count": reading.row_count,
    "outcomes": outcomes,
    "grown_mib": peak_mib() - before,
    "seconds": time.monotonic() - started,
}))
"""


def measured(path: Path) -> dict:
    source = str(Path(__file__).resolve().parents[3] / "src")
    told = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout)


def test_two_hundred_megabytes_are_read_without_keeping_them(tmp_path):
    names = columns_of("police-missing")
    path = tmp_path / "large.csv"
    story = "Left by bus. " * 150
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(names) + "\n")
        for number in range(100_000):
            report = {**REPORT, "report_ref": f"MP-{number}", "circumstances": story}
            if number % 1000 == 0:
                report["dob"] = "31/02/2011"
            file.write(",".join(report.get(name, "") for name in names) + "\n")
    assert path.stat().st_size > 200_000_000
    found = measured(path)
    assert found["row_count"] == 100_000
    assert found["outcomes"] == {"apply": 99_900, "rejected": 100}
    assert found["grown_mib"] < 60
    assert found["seconds"] < 60  # measured 8 s on two quiet cores


def test_a_row_without_an_end_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "one-line.csv"
    with path.open("wb") as file:
        file.write(b"report_ref,surname\nMP-1,")
        for _ in range(300):
            file.write(b"x" * (1 << 20))
    read = READ.replace(
        "reading = read_file",
        "from engage.practice.receiving.reading import FileRefused\ntry:\n    read_file",
    )
    read = read[: read.index("outcomes = {}")] + (
        "except FileRefused as refused:\n"
        "    print(json.dumps({'code': refused.reason_code,"
        " 'mib': peak_mib()}))\n"
    )
    source = str(Path(__file__).resolve().parents[3] / "src")
    told = subprocess.run(
        [sys.executable, "-c", read, str(path)],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(told.stdout)
    assert found["code"] == "cut_in_the_middle"
    assert found["mib"] < 450
