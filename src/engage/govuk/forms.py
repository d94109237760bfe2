"""Forms whose labels, hints and errors say everything; the templates only arrange them.

Declare fields as in any Django form. A revealed field, a hint beside an option and a field that is the page's
heading are class attributes of `GovukForm`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from engage.govuk.moments import DateInputField, DateParts, LondonDateTimeField, MomentParts

__all__ = ["DateInputField", "DateParts", "GovukForm", "LondonDateTimeField", "LongTextField", "MomentParts"]


class LongTextField(forms.CharField):
    """A text of several lines. With `max_length` the page counts characters as they are typed."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str | None:
        # Browsers send a line break as two characters and count it as one; so do we, else the page says
        # that a text fits and the form says that it does not.
        return super().to_python(str(value).replace("\r\n", "\n") if value is not None else value)


class GovukForm(forms.Form):
    """A form with its own `clean` calls `super().clean()` first: that drops answers which were not revealed.

    `option_hints`: field -> option value -> hint under that option.
    `reveals`: field -> option value -> names of the fields shown when that option is chosen. A revealed field
    may be `required`; it is only asked for, and only kept, when its option is chosen.
    `page_heading`: the field whose label is the page's only heading.
    """

    option_hints: Mapping[str, Mapping[str, str]] = {}
    reveals: Mapping[str, Mapping[str, Sequence[str]]] = {}
    page_heading: str = ""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # Cutting text off as it is typed or pasted loses words without saying so.
            field.widget.attrs.pop("maxlength", None)
            if type(field.widget) is forms.NumberInput:
                _ask_for_a_number_as_text(field)
            _say_errors_in_plain_words(field, str(field.label or self[name].label))

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        for name in self.unrevealed_fields():
            self.errors.pop(name, None)
            cleaned[name] = getattr(self.fields[name], "empty_value", None)
        return cleaned

    def revealed_fields(self) -> set[str]:
        """Names of all fields that some option reveals, chosen or not."""
        return {name for options in self.reveals.values() for names in options.values() for name in names}

    def unrevealed_fields(self) -> set[str]:
        """Names of fields whose option was not chosen in what was sent."""
        shown: set[str] = set()
        for asked, options in self.reveals.items():
            sent = self[asked].data
            chosen = {str(value) for value in sent} if isinstance(sent, list | tuple) else {str(sent)}
            for value, names in options.items():
                if value in chosen:
                    shown.update(names)
        return self.revealed_fields() - shown

    def as_govuk(self) -> SafeString:
        """Error summary and all fields, without the form element."""
        return render_to_string("govuk/form_fields.html", {"form": self, "with_summary": True})


def _ask_for_a_number_as_text(field: forms.Field) -> None:
    # A number input changes its value on scrolling and drops what it cannot read.
    field.widget.input_type = "text"
    whole = isinstance(field, forms.IntegerField) and not isinstance(
        field, forms.FloatField | forms.DecimalField
    )
    field.widget.attrs.setdefault("inputmode", "numeric" if whole else "decimal")
    for unwanted in ("min", "max", "step"):
        field.widget.attrs.pop(unwanted, None)


def _say_errors_in_plain_words(field: forms.Field, label: str) -> None:
    """Replace Django's stock messages; a message given with the field itself stays."""
    label = label.rstrip(":")
    # A percent sign in a label would be read as a place to fill in.
    safe = label.replace("%", "%%")
    if isinstance(field, forms.FileField):
        asking = "Choose a file"
    elif label.endswith("?"):
        asking = f"Answer “{label}”"
    elif isinstance(field, forms.BooleanField):
        asking = f"Tick “{label}”"
    elif isinstance(field, forms.ChoiceField):
        asking = f"Select {lower_first(label)}"
    else:
        asking = f"Enter {lower_first(label)}"
    plain = {
        "required": asking,
        "max_length": f"{safe} must be %(limit_value)d characters or fewer",
        "min_length": f"{safe} must be %(limit_value)d characters or more",
        "min_value": f"{safe} must be %(limit_value)s or more",
        "max_value": f"{safe} must be %(limit_value)s or fewer",
        "invalid_choice": f"Select one of the answers shown for “{safe}”",
        "invalid_list": f"Select from the answers shown for “{safe}”",
        "empty": "The file is empty",
        "missing": "Choose a file",
    }
    if isinstance(field, forms.IntegerField | forms.DecimalField):
        plain["invalid"] = f"{safe} must be a number"
    stock: dict[str, Any] = {}
    for kind in reversed(type(field).__mro__):
        stock.update(getattr(kind, "default_error_messages", {}))
    for code, words in plain.items():
        if field.error_messages.get(code) == stock.get(code):
            field.error_messages[code] = words


def lower_first(label: str) -> str:
    """'Date of birth' -> 'date of birth'; 'NHS number' stays, because its first word is an abbreviation."""
    first = label.split(" ", 1)[0]
    return label if first.isupper() and len(first) > 1 else label[:1].lower() + label[1:]
