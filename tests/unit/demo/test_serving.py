"""The demo's processes: what becomes of one that ends, with processes that end when they are told to."""

import subprocess
import sys

import pytest

from engage.demo.serving import MOST_RESTARTS, keep_up, stop, threads


def ends(code: int) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])


def stays() -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


@pytest.fixture
def processes():
    running: list[subprocess.Popen] = []
    yield running
    stop(running)


def test_a_worker_that_keeps_ending_is_started_again_a_few_times_and_then_said(processes, capfd):
    processes += [stays(), ends(3)]
    started = []

    def again() -> subprocess.Popen:
        started.append(ends(4))
        started[-1].wait()
        return started[-1]

    said = keep_up(processes, again, pause_seconds=0)
    assert len(started) == MOST_RESTARTS
    assert "worker for jobs ended 4 times (code 4)" in said and "would not be received" in said
    assert "(code 3); it is started again" in capfd.readouterr().err
    assert processes[0].poll() is None  # the caller stops the site


def test_a_worker_that_ends_once_is_up_again_and_is_the_one_to_be_stopped(processes):
    processes += [stays(), ends(1)]
    site, first = processes

    def again() -> subprocess.Popen:
        fresh = stays()
        site.terminate()  # so that this test ends
        return fresh

    assert "site ended by itself" in keep_up(processes, again, pause_seconds=0)
    assert processes[1] is not first and processes[1].poll() is None


def test_a_site_that_ends_is_said_at_once(processes):
    processes += [ends(2), stays()]
    processes[0].wait()
    assert keep_up(processes, stays, pause_seconds=0) == "The site ended by itself (code 2)."


def test_granian_is_given_no_more_threads_than_it_takes_without_a_warning(monkeypatch):
    for processors, expected in ((1, 3), (2, 5), (4, 8), (64, 8)):
        monkeypatch.setattr("os.cpu_count", lambda processors=processors: processors)
        assert threads() == expected
