"""Files are scanned for malware before they are read or kept. On a real clamd, whose only signature is an invented text."""

import shutil
import socket
import subprocess
import threading
import time

import pytest
from django.conf import settings as in_force
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.integration.receiving.conftest import as_csv
from tests.integration.receiving.test_the_api import send
from tests.integration.receiving.test_the_page import GOOD, hand_in
from typer import Exit

from engage.config.commands import doctor
from engage.practice.access import scanner
from engage.practice.people.models import SourceRecord
from engage.practice.receiving import uploads
from engage.practice.receiving.jobs import receive_upload
from engage.practice.receiving.models import ReceivedFile

pytestmark = pytest.mark.django_db

HARMLESS = "ENGAGE-INVENTED-HARMLESS-SIGNATURE"
INFECTED = as_csv([GOOD | {"report_ref": HARMLESS}])
SECONDS_TO_START = 30


@pytest.fixture(scope="session")
def clamd(tmp_path_factory):
    program = shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("clamd is not installed: apt-get install clamav-daemon")
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "signatures").mkdir()
    (folder / "signatures" / "engage.ndb").write_text(f"EngageInvented:0:*:{HARMLESS.encode().hex()}\n")
    (folder / "clamd.conf").write_text(
        f"Foreground yes\nDatabaseDirectory {folder}/signatures\nLocalSocket {folder}/s\n"
        f"TemporaryDirectory {folder}\nStreamMaxLength 1M\n"
    )
    with (folder / "log").open("w") as log:
        running = subprocess.Popen([program, "-c", str(folder / "clamd.conf")], stdout=log, stderr=log)
    ends = time.monotonic() + SECONDS_TO_START
    while not (folder / "s").exists():
        assert running.poll() is None and time.monotonic() < ends, (folder / "log").read_text()
        time.sleep(0.05)
    yield str(folder / "s")
    running.terminate()
    running.wait()


@pytest.fixture
def scanned(clamd, settings):
    settings.SCANNER = clamd


@pytest.fixture
def away(settings, tmp_path):
    settings.SCANNER = str(tmp_path / "nobody-listens")


@pytest.fixture
def silent(settings):
    """Somebody takes the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.SCANNER = f"127.0.0.1:{server.getsockname()[1]}"
        settings.SCANNER_SECONDS = 0.2
        yield


def waiting_files():
    folder = in_force.RECEIVED_FOLDER
    return {path.name for path in folder.glob("*")} if folder.exists() else set()


def test_an_infected_file_on_the_page_is_refused_by_name_and_nothing_of_it_is_kept(scanned, browser, feeds):
    before = waiting_files()
    amir = browser("amir")
    page = amir.get(hand_in(amir, INFECTED)["Location"]).content.decode()
    assert "found malware in the file “reports.csv” (EngageInvented" in page
    assert "Brook" not in page and "Ada" not in page
    assert waiting_files() == before and feeds.rows(SourceRecord) == []
    (receipt,) = feeds.rows(ReceivedFile)
    assert (receipt.state, receipt.refusal_code, receipt.rows_received) == ("refused", "malware", 0)


def test_an_infected_file_by_api_is_refused_with_a_receipt(scanned, police, feeds):
    answer = send(police[1], INFECTED)
    assert answer.status_code == 422
    assert answer.json()["refusal"]["reason_code"] == "malware"
    assert feeds.rows(SourceRecord) == []


def test_a_clean_file_comes_through_and_the_page_says_that_files_are_scanned(scanned, browser, feeds):
    amir = browser("amir")
    assert "scanned for malware before it is read" in amir.get("/files/hand-in/").content.decode()
    assert "1 new row" in amir.get(hand_in(amir, [GOOD])["Location"]).content.decode()


def test_a_file_larger_than_the_scanner_takes_is_refused_and_not_let_through(scanned, police, feeds):
    rows = [GOOD | {"report_ref": f"LP/{at}", "surname": "B" * 200} for at in range(20_000)]
    answer = send(police[1], as_csv(rows))
    assert answer.status_code == 422
    assert answer.json()["refusal"]["reason_code"] == "not_scanned_whole"
    assert feeds.rows(SourceRecord) == []


@pytest.mark.parametrize("scanner_is", ["away", "silent"])
def test_without_an_answer_no_file_is_taken_and_the_sender_tries_again(
    scanner_is, request, police, browser, feeds
):
    request.getfixturevalue(scanner_is)
    before = waiting_files()
    answered = hand_in(browser("amir"), [GOOD])
    assert answered.status_code == 200
    assert "The file was not taken." in answered.content.decode()
    assert "Try again in a few minutes" in answered.content.decode()
    answer = send(police[1], as_csv([GOOD]))
    assert answer.status_code == 503 and "Try again" in answer.json()["detail"]
    assert waiting_files() == before and feeds.rows(ReceivedFile) == []


def test_a_file_that_waits_is_scanned_again_when_it_is_received(clamd, settings, people_at_work, feeds):
    upload = uploads.keep(
        SimpleUploadedFile("reports.csv", INFECTED), format="police-missing", by=people_at_work["amir"]
    )
    settings.SCANNER = clamd  # as if its signatures had come since
    receive_upload(upload_id=upload.id)
    assert not upload.path.exists()
    (receipt,) = feeds.rows(ReceivedFile)
    assert receipt.refusal_code == "malware" and feeds.rows(SourceRecord) == []


def test_where_no_scanner_is_set_the_page_and_the_doctor_say_so(browser, settings, capsys):
    settings.SCANNER, settings.KEYS_NOT_SET = "", ()
    assert "Files are not scanned for malware here" in browser("amir").get("/files/hand-in/").content.decode()
    doctor()
    assert "NOT scanned for malware" in capsys.readouterr().out


def test_the_doctor_says_that_the_scanner_answers(scanned, settings, capsys):
    settings.KEYS_NOT_SET = ()
    doctor()
    assert "The malware scanner answers: ClamAV" in capsys.readouterr().out


def test_the_doctor_fails_where_the_scanner_is_away(away, settings, capsys):
    settings.KEYS_NOT_SET = ()
    with pytest.raises(Exit):
        doctor()
    assert "does not answer: no file is taken" in capsys.readouterr().err


def test_half_an_answer_is_none(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.SCANNER = f"127.0.0.1:{server.getsockname()[1]}"
        settings.SCANNER_SECONDS = 2

        def half():
            call, _ = server.accept()
            with call:
                call.recv(100_000)
                call.sendall(b"stream: OK")

        threading.Thread(target=half, daemon=True).start()
        with pytest.raises(scanner.ScannerAway):
            scanner.scan([b"ledger"])
