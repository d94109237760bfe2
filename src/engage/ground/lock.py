"""Make the locks again. They hold versions and hashes and no download address."""

import re
import subprocess

from engage.ground import environment, frontend
from engage.ground.environment import CHECKOUT, LOCKS

COMPILE = (
    "pip", "compile", "--quiet", "--generate-hashes", "--no-emit-index-url", "--universal",
    "--python-version", "3.11",
)  # fmt: skip
UV_ALONE = LOCKS / "uv.in"
SPARK = LOCKS / "spark.in"  # an extra: into the environment that there is, by whoever needs it


def make_again() -> int:
    sources = {
        "run": ["pyproject.toml"],
        "dev": ["pyproject.toml", "--group", "dev"],
        "uv": [str(UV_ALONE)],
        "spark": [str(SPARK)],
    }
    for name, source in sources.items():
        lock = str((LOCKS / f"{name}.txt").relative_to(CHECKOUT))
        print(f"— {lock}", flush=True)
        if code := environment.uv(*COMPILE, *source, "-o", lock).returncode:
            return code
    for folder in (CHECKOUT, LOCKS / "browser"):
        print(f"— {(folder / 'package-lock.json').relative_to(CHECKOUT)}", flush=True)
        command = [
            *frontend.npm(),
            "install",
            "--package-lock-only",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]
        if code := subprocess.run(command, cwd=folder, env=frontend.node_variables()).returncode:
            return code
    return _refuse_addresses()


def _refuse_addresses() -> int:
    locks = [*LOCKS.glob("*.txt"), CHECKOUT / "package-lock.json", LOCKS / "browser" / "package-lock.json"]
    named = [lock.name for lock in locks if re.search(r"\w+://|\"resolved\"", lock.read_text())]
    if named:
        print(f"A download address is named in {', '.join(named)}: a council’s mirror could not serve it.")
    return 1 if named else 0
