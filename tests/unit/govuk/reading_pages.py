"""Rendering a template, and reading the page as a browser would, for the tests of this folder."""

from html.parser import HTMLParser

from django.template import engines

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def render(source: str, **context: object) -> str:
    context.setdefault("csrf_token", "token-for-tests")
    loaded = source if source.startswith("{% extends") else "{% load govuk %}" + source
    return engines["django"].from_string(loaded).render(context)


class Page(HTMLParser):
    """Elements as (tag, attributes), and an error for tags that do not pair."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
            self.open.pop()

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [found for name, found in self.elements if name == tag and wanted.items() <= found.items()]

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def assert_every_input_has_a_label_and_every_reference_leads_somewhere(html: str) -> Page:
    page = Page(html)
    ids = page.ids()
    assert len(ids) == len(set(ids)), f"the same id twice: {sorted(i for i in ids if ids.count(i) > 1)}"
    labelled = {label["for"] for label in page.all("label")}
    for tag in ("input", "textarea", "select"):
        for control in page.all(tag):
            if control.get("type") != "hidden":
                assert control.get("id") in labelled, f"no label for {control}"
    for tag, attributes in page.elements:
        for name in ("aria-describedby", "aria-labelledby", "aria-controls", "data-reveals", "for"):
            for target in attributes.get(name, "").split():
                assert target in ids, f"<{tag} {name}={target!r}> leads nowhere"
    for link in page.all("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids, f"{link['href']} leads nowhere"
    return page
