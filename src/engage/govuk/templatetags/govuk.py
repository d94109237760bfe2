"""`{% load govuk %}`: components of the page. Block tags end with `end<name>`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from django import template
from django.core.paginator import Page
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from engage.govuk.components import Bars, Column, Comparison, SummaryRow, Table
from engage.govuk.field_rendering import field_context, first_control_id
from engage.govuk.london_time import date_words, hours_words, moment_words

register = template.Library()

TAG_COLOURS = {"", "grey", "green", "teal", "blue", "purple", "magenta", "red", "orange", "yellow"}
BUTTON_KINDS = {"", "secondary", "warning", "inverse"}


@register.filter
def london(moment: datetime | None) -> str:
    return moment_words(moment)


@register.filter
def london_date(day: date | datetime | None) -> str:
    return date_words(day)


@register.simple_tag
def relative_hours(moment: datetime | None, now: datetime, sense: Literal["since", "due"]) -> str:
    """{% relative_hours episode.missing_from now "since" %} or {% relative_hours task.due_at now "due" %}"""
    return hours_words(moment, now, sense)


@register.inclusion_tag("govuk/button.html")
def govuk_button(
    text: str,
    kind: str = "",
    href: str = "",
    name: str = "",
    value: str = "",
    key: str = "",
    form: str = "",
) -> dict[str, Any]:
    """`key` is one letter that presses the button. `form` is the id of a form elsewhere on the page."""
    _one_of(kind, BUTTON_KINDS, "kind of button")
    return {"text": text, "kind": kind, "href": href, "name": name, "value": value, "key": key, "form": form}


@register.inclusion_tag("govuk/tag.html")
def govuk_tag(text: object, colour: str = "") -> dict[str, Any]:
    _one_of(colour, TAG_COLOURS, "colour")
    return {"text": text, "colour": colour}


@register.inclusion_tag("govuk/summary_list.html")
def govuk_summary_list(rows: Sequence[SummaryRow], title: str = "", borders: bool = True) -> dict[str, Any]:
    """With a `title` the list becomes a card."""
    return {"rows": rows, "title": title, "borders": borders, "any_actions": any(row.actions for row in rows)}


@register.inclusion_tag("govuk/table.html", takes_context=True)
def govuk_table(context: template.Context, table: Table) -> dict[str, Any]:
    return {"table": table, "columns": _headers(context, table.columns, table.sort)}


@register.simple_block_tag(takes_context=True)
def govuk_table_frame(
    context: template.Context,
    content: SafeString,
    caption: str,
    columns: Sequence[Column | str],
    key_rows: bool = False,
    sort: str = "",
    empty_text: str = "",
) -> SafeString:
    """Caption and headers around rows written by hand. No rows inside: `empty_text` instead of the table."""
    as_columns = [Column(column) if isinstance(column, str) else column for column in columns]
    table = Table(caption, as_columns, empty_text=empty_text, key_rows=key_rows, sort=sort)
    headers = _headers(context, as_columns, sort)
    return render_to_string(
        "govuk/table.html", {"table": table, "columns": headers, "body": content if content.strip() else ""}
    )


@register.inclusion_tag("govuk/comparison.html")
def govuk_comparison(comparison: Comparison) -> dict[str, Any]:
    return {"comparison": comparison}


@register.inclusion_tag("govuk/bars.html")
def govuk_bars(bars: Bars) -> dict[str, Any]:
    """A picture; the same figures stand in a table beside it. Nothing where there are no bars."""
    return {"bars": bars}


@register.simple_block_tag
def govuk_details(content: SafeString, summary: str, open: bool = False) -> SafeString:
    return render_to_string("govuk/details.html", {"content": content, "summary": summary, "open": open})


@register.simple_block_tag
def govuk_inset(content: SafeString) -> SafeString:
    return render_to_string("govuk/inset.html", {"content": content})


@register.simple_block_tag
def govuk_warning(content: SafeString) -> SafeString:
    return render_to_string("govuk/warning.html", {"content": content})


@register.simple_block_tag
def govuk_notification(
    content: SafeString, title: str = "Important", success: bool = False, anchor: str = "notification"
) -> SafeString:
    """Two on one page need different anchors."""
    return render_to_string(
        "govuk/notification.html",
        {"content": content, "title": title, "success": success, "title_id": f"{anchor}-title"},
    )


@register.simple_block_tag
def govuk_poll(content: SafeString, url: str, anchor: str, seconds: int = 30) -> SafeString:
    """A part of the page that fetches itself again from `url`, and says so if it cannot.

    `url` answers with the inside of the part only. Requests carry the header `X-Engage-Poll: 1`.
    """
    return render_to_string(
        "govuk/poll.html", {"content": content, "url": url, "anchor": anchor, "seconds": seconds}
    )


@register.inclusion_tag("govuk/sub_navigation.html")
def govuk_sub_navigation(links: Sequence[tuple[str, str]], current: str, label: str) -> dict[str, Any]:
    """Parts of one record as pages of their own. `links`: (text, address); `current`: the address shown."""
    return {"links": links, "current": current, "label": label}


@register.inclusion_tag("govuk/pagination.html", takes_context=True)
def govuk_pagination(
    context: template.Context, page: Page, parameter: str = "page", max_pages: int = 100
) -> dict[str, Any]:
    """At most seven numbers are shown. Past `max_pages` the reader is asked to narrow the list."""
    last = min(page.paginator.num_pages, max_pages)
    around = {1, last, *range(page.number - 1, page.number + 2)}
    shown: list[int | None] = []
    for number in sorted(number for number in around if 1 <= number <= last):
        if shown and shown[-1] is not None and number > shown[-1] + 1:
            shown.append(None)
        shown.append(number)
    return {
        "page": page,
        "last": last,
        "is_cut_short": page.paginator.num_pages > last,
        "numbers": [(number, number and _query(context, parameter, str(number))) for number in shown],
        "previous": _query(context, parameter, str(page.number - 1)) if page.number > 1 else "",
        "next": _query(context, parameter, str(page.number + 1)) if page.number < last else "",
    }


@register.inclusion_tag("govuk/error_summary.html")
def govuk_error_summary(form: BaseForm) -> dict[str, Any]:
    """Above the page's heading; then give `summary=False` to `govuk_form`."""
    found: list[tuple[str, str]] = [("", message) for message in form.non_field_errors()]
    for name in form.fields:
        bound = form[name]
        link = "" if bound.is_hidden else f"#{first_control_id(bound)}"
        found += [(link, message) for message in bound.errors]
    return {"found": found}


@register.inclusion_tag("govuk/field.html")
def govuk_field(bound: BoundField) -> dict[str, Any]:
    return field_context(bound)


@register.inclusion_tag("govuk/form_fields.html")
def govuk_form_fields(form: BaseForm, summary: bool = False) -> dict[str, Any]:
    """Fields without the form element, for a page that writes its own."""
    return {"form": form, "with_summary": summary}


@register.inclusion_tag("govuk/form.html", takes_context=True)
def govuk_form(
    context: template.Context,
    form: BaseForm,
    button: str = "Save",
    action: str = "",
    kind: str = "",
    cancel: str = "",
    summary: bool = True,
    method: str = "post",
) -> dict[str, Any]:
    """The whole form: CSRF token, error summary, fields, button. `cancel` is the address to go back to."""
    return {
        "form": form,
        "button": button,
        "action": action,
        "kind": kind,
        "cancel": cancel,
        "with_summary": summary,
        "method": method,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def visible_fields_in_order(form: BaseForm) -> list[BoundField]:
    """Fields that stand on their own; those revealed by an option are drawn beneath it."""
    revealed = form.revealed_fields() if hasattr(form, "revealed_fields") else set()
    return [bound for bound in form.visible_fields() if bound.name not in revealed]


def _headers(context: template.Context, columns: Sequence[Column], sort: str) -> list[dict[str, Any]]:
    headers = []
    for column in columns:
        header: dict[str, Any] = {"column": column}
        if column.sort_key:
            ascending, descending = sort == column.sort_key, sort == f"-{column.sort_key}"
            header["order"] = "ascending" if ascending else "descending" if descending else "none"
            header["href"] = _query(context, "sort", f"-{column.sort_key}" if ascending else column.sort_key)
        headers.append(header)
    return headers


def _query(context: template.Context, parameter: str, value: str) -> str:
    """The page's own query with one parameter changed; a new order starts at the first page again."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    if parameter == "sort":
        query.pop("page", None)
    query[parameter] = value
    return f"?{query.urlencode()}"


def _one_of(given: str, known: set[str], what: str) -> None:
    if given not in known:
        raise template.TemplateSyntaxError(
            f"{given!r} is no {what}. Known: {', '.join(sorted(filter(None, known)))}."
        )
