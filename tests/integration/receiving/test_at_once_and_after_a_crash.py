"""The same file twice at the same moment; a machine that stops in the middle; a very large file."""

import json
import signal
import time
from collections import Counter

from tests.integration.receiving import large_file
from tests.integration.receiving.conftest import as_csv

from engage.practice.missing.models import MissingReport
from engage.practice.people.models import Fact, Record, SourceRecord
from engage.practice.receiving.models import ReceivedFile, SetAsideRow

SENT_BY = ("--agency", "LANCS-POL", "--by", "amir")


def reports(prefix: str, count: int) -> bytes:
    """Every seventh cannot be kept and every eleventh waits for a person."""
    return as_csv(
        {
            "report_ref": f"{prefix}/{n}",
            "surname": f"Brook{n}",
            "dob": "31/02/2011" if n % 7 == 3 else f"{n % 28 + 1:02}/05/2011",
            "reported_at": "25/10/2026 01:30" if n % 11 == 5 else "30/10/2026 22:00",
            "cse_flag": "Y",
        }
        for n in range(count)
    )


def expected(count: int) -> dict[str, int]:
    rejected = sum(n % 7 == 3 for n in range(count))
    held = sum(n % 11 == 5 and n % 7 != 3 for n in range(count))
    applied = count - rejected - held
    return {"received": count, "applied": applied, "unchanged": 0, "rejected": rejected, "held": held}


def holds(prefix: str, count: int) -> None:
    """Every row of the file stands in the tables once, and whole."""
    rows = expected(count)
    sources = SourceRecord.objects.filter(reference__startswith=prefix)
    assert Counter(sources.values_list("reference", flat=True)).most_common(1)[0][1] == 1
    assert sources.count() == rows["applied"]
    assert Record.objects.filter(reference__startswith=prefix).count() == rows["applied"]
    assert MissingReport.objects.filter(reference__startswith=prefix).count() == rows["applied"]
    assert Fact.objects.filter(source__in=sources, kind="cse_flag").count() == rows["applied"]
    aside = SetAsideRow.objects.filter(reference__startswith=prefix)
    assert Counter(aside.values_list("state", flat=True)) == Counter(
        rejected=rows["rejected"], held=rows["held"]
    )


def test_the_same_file_sent_twice_at_the_same_moment_is_received_once(own_database, tmp_path):
    path = tmp_path / "reports.csv"
    path.write_bytes(reports("TWICE", 120))
    words = ("engage", "receive", "police-missing", str(path), *SENT_BY, "--json")
    both = [own_database.start(*words), own_database.start(*words)]
    receipts = [json.loads(process.communicate(timeout=240)[0]) for process in both]
    assert receipts[0] == receipts[1] and receipts[0]["rows"] == expected(120)
    with own_database.inside():
        assert ReceivedFile.objects.filter(sha256=receipts[0]["sha256"]).count() == 1
        holds("TWICE", 120)


def test_after_a_crash_in_the_middle_sending_again_finishes_the_work(own_database, tmp_path):
    count = 900
    path = tmp_path / "reports.csv"
    path.write_bytes(reports("CRASH", count))
    words = ("engage", "receive", "police-missing", str(path), *SENT_BY, "--json")
    process = own_database.start(*words, "--rows-at-once", "20")
    kept = 0
    for _ in range(600):
        time.sleep(0.05)
        with own_database.inside():
            file = ReceivedFile.objects.filter(rows_expected=count).first()
            kept = file.rows_received if file else 0
        if kept:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with own_database.inside():
        file = ReceivedFile.objects.get(rows_expected=count)
        assert file.state == "receiving" and 0 < file.rows_received < count
        # No half-applied row: what is counted is there, and nothing else.
        sources = SourceRecord.objects.filter(file_id=file.pk).count()
        assert (
            sources
            == file.rows_applied
            == MissingReport.objects.filter(reference__startswith="CRASH").count()
        )
    # With chunks of another size: it goes on after the last row, not after a number of chunks.
    again = own_database.run(*words)
    receipt = json.loads(again.stdout)
    assert (receipt["receipt_id"], receipt["rows"]) == (str(file.pk), expected(count))
    with own_database.inside():
        holds("CRASH", count)


def test_a_file_of_200_mb_is_received_in_flat_memory_telling_how_far_it_is(own_database, tmp_path):
    path = tmp_path / "contacts.csv"
    large_file.write(path)
    assert path.stat().st_size > 190_000_000
    done = own_database.run("tests.integration.receiving.large_file", str(path), timeout=600)
    path.unlink()
    assert done.returncode == 0, done.stderr
    took = json.loads(done.stdout)
    assert took["rows"] == {"received": 100_000, "applied": 100_000, "unchanged": 0, "rejected": 0, "held": 0}
    assert took["megabytes"] < 600
    told = took["progress"]
    assert len(told) == 20 and told[0] == [5000, 100_000] and told[-1] == [100_000, 100_000]
