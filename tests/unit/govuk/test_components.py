from datetime import UTC, datetime

import pytest
from django.core.paginator import Paginator
from django.template import TemplateSyntaxError
from django.test import RequestFactory
from tests.unit.govuk.reading_pages import Page, render
from tests.unit.govuk.reading_pages import (
    assert_every_input_has_a_label_and_every_reference_leads_somewhere as assert_labelled,
)

from engage.govuk.components import (
    VERDICT_MARKS,
    Action,
    Bar,
    Bars,
    Cell,
    Column,
    ComparedFact,
    Comparison,
    Row,
    SummaryRow,
    Table,
)

NOW = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)
COLUMNS = [Column("Child", sort_key="name"), Column("Hours", numeric=True, sort_key="hours"), Column("Grade")]
ROWS = [
    Row([Cell("Ada Example", href="/children/1/"), Cell("3", numeric=True), Cell("High", colour="red")], "c1")
]


def table(**changes) -> str:
    request = RequestFactory().get("/today/?page=3&area=BB")
    given = {"columns": COLUMNS, "rows": ROWS, "sort": "hours", "key_rows": True, **changes}
    return render("{% govuk_table table %}", table=Table("Missing now", **given), request=request)


def test_a_table_says_what_it_is_and_how_it_is_ordered():
    page = Page(table())
    assert [header.get("aria-sort") for header in page.all("th", scope="col")] == ["none", "ascending", None]
    assert len(page.all("th", scope="row")) == 1
    assert "data-key-rows" in page.all("table")[0]


def test_ordering_keeps_the_filter_and_starts_again_at_the_first_page():
    hrefs = [link["href"] for link in Page(table()).all("a")]
    assert "?area=BB&sort=-hours" in hrefs and "?area=BB&sort=name" in hrefs


def test_an_empty_list_says_so_in_words_and_draws_no_table():
    page = table(rows=[], empty_text="Nobody is missing now.")
    assert "Nobody is missing now." in page and "<table" not in page and "Missing now" in page


def test_rows_written_by_hand_stand_in_the_same_frame():
    source = (
        '{% govuk_table_frame caption="Files" columns=columns empty_text="No files yet." %}'
        "{% for file in files %}<tr><th>{{ file }}</th></tr>{% endfor %}{% endgovuk_table_frame %}"
    )
    assert "<th>a.csv</th>" in render(source, columns=["File"], files=["a.csv"])
    assert "No files yet." in render(source, columns=["File"], files=[])
    assert "&lt;b&gt;" in render(source, columns=["File"], files=["<b>"])


@pytest.mark.parametrize(
    ("pages", "at", "numbers"), [(1, 1, []), (3, 2, [1, 2, 3]), (50, 20, [1, 19, 20, 21, 50])]
)
def test_only_a_few_page_numbers_are_offered(pages, at, numbers):
    page = Paginator(range(pages * 10), 10).page(at)
    html = Page(render("{% govuk_pagination page %}", page=page))
    offered = [int(link["aria-label"].split()[1]) for link in html.all("a") if "aria-label" in link]
    assert offered == numbers


def test_past_the_last_page_that_can_be_opened_the_reader_is_asked_to_narrow_the_list():
    page = Paginator(range(1000), 10).page(5)
    html = render("{% govuk_pagination page max_pages=5 %}", page=page)
    assert "Only the first 5 pages" in html and 'rel="next"' not in html


def test_each_action_beside_a_summary_row_says_what_it_acts_on():
    rows = [
        SummaryRow("Born", "27 March 2012", [Action("Change", "/c/", "the date of birth")]),
        SummaryRow("A", 0),
    ]
    html = render("{% govuk_summary_list rows title='Who they are' %}", rows=rows)
    assert 'Change<span class="govuk-visually-hidden"> the date of birth</span>' in html
    assert '<dd class="govuk-summary-list__value">0</dd>' in html


def test_two_records_are_compared_in_words_and_not_by_colour_alone():
    facts = [ComparedFact(verdict, "Katherine", "Kate", verdict) for verdict in VERDICT_MARKS]
    facts.append(ComparedFact("Given name", "Katherine", "Kate", "near", "Kate is a form of Katherine"))
    html = render("{% govuk_comparison c %}", c=Comparison("Same child?", "Police", "School", facts))
    Page(html)
    for mark, words in VERDICT_MARKS.values():
        assert f'aria-hidden="true">{mark}</span> {words}' in html
    assert "Kate is a form of Katherine" in html


@pytest.mark.parametrize(
    "source",
    [
        "{% govuk_button 'Record the return' key='r' %}{% govuk_button 'Open' href='/x/' kind='secondary' %}",
        "{% govuk_tag 'High' 'red' %}",
        "{% govuk_details 'Where this comes from' %}{{ unsafe }}{% endgovuk_details %}",
        "{% govuk_inset %}{{ unsafe }}{% endgovuk_inset %}",
        "{% govuk_warning %}{{ unsafe }}{% endgovuk_warning %}",
        "{% govuk_notification success=True %}{{ unsafe }}{% endgovuk_notification %}",
        "{% govuk_poll '/today/missing/' 'missing' %}{{ unsafe }}{% endgovuk_poll %}",
        "{% govuk_sub_navigation links '/a/' 'Parts of the record' %}",
    ],
)
def test_each_component_is_whole_html_and_escapes_what_it_is_given(source):
    html = render(source, unsafe="<script>", links=[("Now", "/a/"), ("<script>", "/b/")])
    Page(html)
    assert "<script>" not in html
    if "links" in source:
        assert 'href="/a/" aria-current="page"' in html


def test_a_colour_that_does_not_exist_is_refused():
    with pytest.raises(TemplateSyntaxError, match="no colour"):
        render("{% govuk_tag 'High' 'crimson' %}")


def test_time_filters_are_there_for_templates():
    html = render("{{ t|london }} / {{ t|london_date }} / {% relative_hours t now 'since' %}", t=NOW, now=NOW)
    assert html == "2 November 2026 at 9:05am / 2 November 2026 / 0 minutes so far"


SIGNED_IN = {"name": "Sam Example", "role": "Social worker", "agency": "Example Council"}


def layout(**context) -> str:
    return render("{% extends 'govuk/layout.html' %}{% block title %}Today{% endblock %}", **context)


def test_the_page_names_who_is_signed_in_and_marks_the_section():
    html = layout(
        signed_in=SIGNED_IN, current_section="files", as_at=NOW, breadcrumbs=[("Today", "/"), ("F", "")]
    )
    page = assert_labelled(html)
    assert "Sam Example" in html and "Social worker, Example Council" in html
    assert page.all("a", href="/files/")[0]["aria-current"] == "page"
    assert "Demo: invented people. The clock is set to 2 November 2026 at 9:05am." in html
    assert "<title>Today – Engage</title>" in html


def test_what_is_searched_for_never_stands_in_an_address():
    forms = Page(layout(signed_in=SIGNED_IN)).all("form", role="search")
    assert [(form["method"], form["action"]) for form in forms] == [("post", "/search/")]


def test_a_page_for_nobody_signed_in_has_no_search_and_no_menu():
    page = assert_labelled(layout())
    assert not page.all("form") and not page.all("nav")


def test_a_page_with_errors_says_so_in_its_title():
    class Refused:
        errors = {"name": ["Enter a name"]}

    assert "<title>Error: Today – Engage</title>" in layout(form=Refused())


def test_a_demo_says_so_even_when_its_clock_is_the_real_one():
    assert "Demo: invented people.</div>" in layout(signed_in=SIGNED_IN, demo=True)
    assert "Demo" not in layout(signed_in=SIGNED_IN, demo=False, as_at=None)


def bars(**changes) -> Page:
    shown = [Bar("Right", 0.9, "90 %", 0.8, 0.95), Bar("Found", 0.45, "45 %")]
    return Page(render("{% govuk_bars bars %}", bars=Bars("All pairs", "all", shown, **changes)))


def test_a_picture_says_its_title_and_every_figure_to_who_cannot_see_it():
    html = render("{% govuk_bars bars %}", bars=Bars("All pairs", "all", [Bar("Right", 1, "1 person")]))
    (svg,) = Page(html).all("svg", role="img")
    assert svg["aria-labelledby"] == "all-title all-description"
    assert '<desc id="all-description">Right: 1 person</desc>' in html


def test_a_bar_is_as_long_as_its_value_and_an_interval_as_its_ends():
    page = bars(most=1.0)
    assert [one["width"] for one in page.all("rect") if one["class"] == "engage-bars__bar"] == [
        "468.0",
        "234.0",
    ]
    assert [one["d"][:12] for one in page.all("path", **{"class": "engage-bars__interval"})] == [
        "M416.0 32H49"
    ]


def test_without_a_most_the_largest_fills_the_width_and_nothing_is_drawn_of_nothing():
    widths = [one["width"] for one in bars().all("rect", **{"class": "engage-bars__bar"})]
    assert widths == ["492.6", "246.3"]
    assert render("{% govuk_bars bars %}", bars=Bars("None", "none", [])).strip() == ""
    zero = Page(render("{% govuk_bars bars %}", bars=Bars("Zero", "zero", [Bar("Nobody", 0, "0")])))
    assert zero.all("rect")[1]["width"] == "0.0"
