"""The commands of `./run`, inside the environment that it prepared."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from engage.ground import browser, environment, frontend, lock, postgres
from engage.ground.binaries import NoBinaries
from engage.ground.cluster import CannotStart
from engage.ground.environment import CHECKOUT
from engage.ground.roles import RolesRefused

# Of `linkage`, what works on the records of an installation; the rest needs no database and starts none.
ON_THE_DATABASE = {"train", "adopt", "models"}
PYTEST = ("-m", "pytest", "-n", "2", "--dist", "loadgroup")


def main() -> int:
    started = time.monotonic()
    command, arguments = sys.argv[1], sys.argv[2:]
    try:
        match command:
            case "demo":
                return demo(arguments)
            case "test":
                return test(arguments)
            case "check":
                return check(arguments)
            case "bench":
                return bench(arguments)
            case "engage":
                return engage(arguments)
            case "lock":
                return lock.make_again()
            case _:
                print(f"There is no command “{command}”.", file=sys.stderr)
                return 2
    except (
        environment.CannotPrepare,
        frontend.CannotFetch,
        CannotStart,
        NoBinaries,
        RolesRefused,
    ) as problem:
        print(f"\n{problem}\n(after {time.monotonic() - started:.0f} s)", file=sys.stderr)
        return 1


def demo(arguments: list[str]) -> int:
    frontend.prepare()
    seen = browser.variables() if "--check" in arguments else {}
    return with_server("demo", "-m", "engage", "demo", *arguments, **seen)


def engage(arguments: list[str]) -> int:
    if arguments[:1] == ["witness"]:  # a partner's machine has no database, and needs none
        return run_python("-m", "engage.witness", *arguments[1:])
    if arguments[:1] == ["linkage"]:  # files in, files out, named from where the caller stands
        if not ON_THE_DATABASE.intersection(arguments[1:2]):
            return run_in(Path.cwd(), "-m", "engage.linkage_files", *arguments[1:])
        return with_server_in(Path.cwd(), "demo", "-m", "engage", *arguments)
    return with_server("demo", "-m", "engage", *arguments)


def test(arguments: list[str]) -> int:
    frontend.prepare()
    seen = browser.variables()
    without = seen.get("ENGAGE_NO_CHROMIUM_BECAUSE")
    if without:
        print(loud(f"BROWSER TESTS ARE NOT RUN: {without}"), flush=True)
    code = with_server("test", *PYTEST, *arguments, **seen)
    if without:
        print(loud(f"BROWSER TESTS WERE NOT RUN: {without}"), flush=True)
    return code


def bench(arguments: list[str]) -> int:
    benches = sorted(path.stem.replace("_", "-") for path in (CHECKOUT / "bench").glob("[a-z]*.py"))
    if not arguments or arguments[0] not in benches:
        print(
            "Usage: ./run bench NAME [--keep], where NAME is one of: " + ", ".join(benches), file=sys.stderr
        )
        return 2
    frontend.prepare()
    os.environ["PYTHONPATH"] = f"{CHECKOUT / 'src'}{os.pathsep}{CHECKOUT}"
    name, *chosen = [one for one in arguments if one != "--keep"]
    kept = {}
    if "--keep" in arguments:  # for docs/reference/proofs.md
        kept = {
            "ENGAGE_BENCH_KEPT_IN": str(CHECKOUT / "bench" / "results" / f"{name}.json"),
            "ENGAGE_BENCH_COMMAND": " ".join(["./run bench", name, *chosen]),
        }
    return with_server("bench", "-m", f"bench.{name.replace('-', '_')}", *chosen, **kept)


def check(arguments: list[str]) -> int:
    """Every check runs, whatever the ones before it said."""
    checks = {
        "format": ("-m", "ruff", "format", "--check", ".", "run"),
        "lint": ("-m", "ruff", "check", ".", "run"),
        "types": ("-m", "mypy", "src"),
        # By import, not by its script: the first line of a script names a folder, and checkouts move.
        "import directions": ("-c", "from importlinter.cli import lint_imports_command as c; c()"),
        "migrations": ("-m", "django", "makemigrations", "--check", "--dry-run"),
    }
    failed = []
    for name, command in checks.items():
        print(f"— {name}", flush=True)
        code = with_server("test", *command) if name == "migrations" else run_python(*command)
        if code != 0:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


def with_server(name: str, *command: str, **more: str) -> int:
    return with_server_in(CHECKOUT, name, *command, **more)


def with_server_in(folder: Path, name: str, *command: str, **more: str) -> int:
    """Run Python with the addresses of a server in its environment."""
    server = postgres.start(name)
    try:
        return run_in(folder, *command, **server.variables(), **more)
    finally:
        server.stop()


def run_python(*command: str, **more: str) -> int:
    return run_in(CHECKOUT, *command, **more)


def run_in(folder: Path, *command: str, **more: str) -> int:
    child = subprocess.Popen([sys.executable, *command], cwd=folder, env={**os.environ, **more})

    def pass_on(number: int, _frame: FrameType | None) -> None:
        # A terminal sends Ctrl-C to the whole group: the child has it already.
        if number != signal.SIGINT or not sys.stdin.isatty():
            child.send_signal(number)

    kept = {
        number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        code = child.wait()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def loud(words: str) -> str:
    bar = "!" * min(len(words), 100)
    return f"\n{bar}\n{words}\n{bar}\n"


if __name__ == "__main__":
    sys.exit(main())
