"""From a bound field of a Django form to what the field templates need."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

from engage.govuk.moments import DateParts

# First match wins: in Django, a checkbox list is a kind of radio list and a text area is not a text input.
TEMPLATES: list[tuple[type[forms.Widget], str]] = [
    (DateParts, "parts"),
    (forms.CheckboxSelectMultiple, "options"),
    (forms.RadioSelect, "options"),
    (forms.CheckboxInput, "tick"),
    (forms.Widget, "single"),
]
CONTROL_CLASSES: list[tuple[type[forms.Widget], str]] = [
    (forms.Select, "govuk-select"),
    (forms.FileInput, "govuk-file-upload"),
    (forms.Textarea, "govuk-textarea"),
    (forms.Widget, "govuk-input"),
]


def field_context(bound: BoundField) -> dict[str, Any]:
    widget = bound.field.widget
    kind = next(template for widget_type, template in TEMPLATES if isinstance(widget, widget_type))
    errors = list(bound.errors)
    identifier = bound.auto_id
    described_by = " ".join(
        [f"{identifier}-hint"] * bool(bound.help_text) + [f"{identifier}-error"] * bool(errors)
    )
    context = {
        "template": f"govuk/field/{kind}.html",
        "field": bound,
        "id": identifier,
        "label": str(bound.label),
        "hint": bound.help_text,
        "errors": errors,
        "described_by": described_by,
        "is_page_heading": getattr(bound.form, "page_heading", "") == bound.name,
    }
    if kind == "options":
        context |= _options(bound)
    elif kind == "parts":
        context["parts"] = _parts(bound)
    elif kind == "tick":
        classes = _with_class(widget, "govuk-checkboxes__input")
        context["control"] = _control(bound, classes, described_by)
    else:
        context |= _single(bound, described_by)
    return context


def first_control_id(bound: BoundField) -> str:
    """Where the error summary's link leads: the first box at fault, or the first option."""
    if isinstance(bound.field.widget, DateParts):
        at_fault = parts_at_fault(bound)
        for index, part in enumerate(bound.field.widget.part_labels):
            if part in at_fault:
                return f"{bound.auto_id}_{index}"
        return f"{bound.auto_id}_0"
    if isinstance(bound.field.widget, forms.RadioSelect):
        return f"{bound.auto_id}_0"
    return bound.auto_id


def parts_at_fault(bound: BoundField) -> set[str]:
    if not bound.errors:
        return set()
    named = {
        part
        for error in bound.form.errors.as_data()[bound.name]
        for part in (error.params or {}).get("parts", ())
    }
    return named or set(bound.field.widget.part_labels)


def _single(bound: BoundField, described_by: str) -> dict[str, Any]:
    widget = bound.field.widget
    base = next(name for kind, name in CONTROL_CLASSES if isinstance(widget, kind))
    limit = bound.field.max_length if isinstance(widget, forms.Textarea) else None
    classes = _with_class(widget, base)
    if bound.errors:
        classes += f" {base}--error"
    attributes = {}
    if limit:
        classes += " govuk-js-character-count"
        described_by = f"{described_by} {bound.auto_id}-info".strip()
    if isinstance(widget, forms.Textarea):
        # Django's own default of ten rows pushes the rest of a form off a phone's screen.
        attributes["rows"] = widget.attrs["rows"] if widget.attrs.get("rows") != "10" else "5"
    return {
        "control": _control(bound, classes, described_by, **attributes),
        "limit": limit,
        "is_file": isinstance(widget, forms.FileInput),
    }


def _options(bound: BoundField) -> dict[str, Any]:
    form, widget = bound.form, bound.field.widget
    hints = getattr(form, "option_hints", {}).get(bound.name, {})
    reveals = getattr(form, "reveals", {}).get(bound.name, {})
    kind = "checkboxes" if isinstance(widget, forms.CheckboxSelectMultiple) else "radios"
    options = []
    for choice in bound.subwidgets:
        value = str(choice.data["value"])
        identifier = choice.data["attrs"]["id"]
        options.append(
            {
                "id": identifier,
                "name": choice.data["name"],
                "value": value,
                "label": choice.choice_label,
                "checked": choice.data["selected"],
                "disabled": bound.field.disabled,
                "hint": hints.get(value, ""),
                "revealed": [form[name] for name in reveals.get(value, ())],
            }
        )
    return {
        "kind": kind,
        "type": "checkbox" if kind == "checkboxes" else "radio",
        "options": options,
        "group_class": widget.attrs.get("class", ""),
    }


def _parts(bound: BoundField) -> list[dict[str, Any]]:
    widget = bound.field.widget
    at_fault = parts_at_fault(bound)
    drawn = widget.get_context(bound.html_name, bound.value(), {"id": bound.auto_id})["widget"]["subwidgets"]
    return [
        {
            "id": one["attrs"]["id"],
            "name": one["name"],
            "value": one["value"] or "",
            "label": label,
            "width": widget.part_widths[part],
            "at_fault": part in at_fault,
            "numeric": part != "time",
            "disabled": bound.field.disabled,
        }
        for one, (part, label) in zip(drawn, widget.part_labels.items(), strict=True)
    ]


def _with_class(widget: forms.Widget, base: str) -> str:
    return f"{base} {widget.attrs.get('class', '')}".strip()


def _control(bound: BoundField, classes: str, described_by: str, **attributes: str | bool) -> SafeString:
    attributes["class"] = classes
    # An empty value stops Django from pointing at ids which our templates do not have.
    attributes["aria-describedby"] = described_by or False
    return bound.as_widget(attrs=attributes)
