"""The commands of `./run`, one line each."""

COMMANDS = {
    "demo": "start Engage with an invented Lancashire (--check, --seed N, --as-at ISO, --children N, --port N)",
    "test": "run every test, browser tests included; arguments go to pytest",
    "check": "format, lint, types, import directions, migrations",
    "bench": "run one benchmark by name: ./run bench pages, receive, ledger",
    "engage": "the command line of Engage itself: ./run engage --help",
    "lock": "make locks/ and the package-lock files again from pyproject.toml and package.json",
}


def listing() -> str:
    lines = [f"  ./run {name:<8} {line}" for name, line in COMMANDS.items()]
    return "\n".join(["Engage: commands", *lines])
