"""Conventions that hold for every template of the project, whoever wrote it."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

import engage.govuk
from engage.govuk.field_rendering import TEMPLATES as FIELD_TEMPLATES

SOURCE = Path(engage.govuk.__file__).parents[1]
VENDOR = SOURCE / "static" / "vendor"
EVERY_TEMPLATE = sorted(
    path for path in SOURCE.rglob("templates/**/*") if path.suffix in {".html", ".svg"} and path.is_file()
)
INLINE = re.compile(
    r"""\s(style|on[a-z]+|hx-on[\w:-]*)\s*=\s*["'{]|<style\b|javascript:|<script\b(?![^>]*\bsrc=)""", re.I
)
ELSEWHERE = re.compile(r"""(src|href|action|hx-get|hx-post)\s*=\s*["'](https?:)?//""", re.I)
STATIC = re.compile(r"""\{%\s*static\s+["']([^"']+)["']""")

each_template = pytest.mark.parametrize(
    "path", EVERY_TEMPLATE, ids=lambda path: str(path.relative_to(SOURCE))
)


def test_the_templates_were_found():
    assert SOURCE / "govuk" / "templates" / "govuk" / "layout.html" in EVERY_TEMPLATE


@each_template
def test_no_template_has_inline_script_or_style(path):
    found = INLINE.search(path.read_text())
    assert not found, f"the Content-Security-Policy blocks {found.group().strip()!r}"


@pytest.mark.parametrize(
    "bad", ['<p style="x">', "<a onclick='x'>", "<script>x</script>", '<p hx-on:click="x">']
)
def test_inline_script_and_style_are_recognised(bad):
    assert INLINE.search(bad)


@each_template
def test_no_template_makes_the_browser_ask_a_third_party(path):
    found = [line for line in path.read_text().splitlines() if ELSEWHERE.search(line) and "<a " not in line]
    assert not found


@each_template
def test_every_static_file_a_template_names_exists(path):
    for name in STATIC.findall(path.read_text()):
        if name.startswith("vendor/") and not VENDOR.exists():
            pytest.skip("the front-end files are not fetched yet: ./run fetches them")
        assert finders.find(name), f"{name} does not exist"


def test_every_kind_of_field_has_its_template():
    folder = SOURCE / "govuk" / "templates" / "govuk" / "field"
    assert all((folder / f"{name}.html").exists() for _, name in FIELD_TEMPLATES)


def test_htmx_neither_evaluates_text_nor_keeps_pages_in_the_browser():
    layout = (SOURCE / "govuk" / "templates" / "govuk" / "layout.html").read_text()
    settings = json.loads(re.search(r"""name="htmx-config" content='([^']+)'""", layout)[1])
    assert settings["allowEval"] is False
    assert settings["includeIndicatorStyles"] is False
    assert settings["historyCacheSize"] == 0
