from __future__ import annotations

from django import forms

from engage.govuk.forms import GovukForm


class HandInForm(GovukForm):
    """A format judged by the rules of a collection year asks for that year once it is chosen."""

    format = forms.ChoiceField(label="What kind of file is it?", widget=forms.RadioSelect)
    file = forms.FileField(label="File", help_text="Drag it here or choose it.")

    sheet = forms.CharField(
        label="Name of the sheet",
        help_text="If it is neither the first sheet nor the one that the format names.",
        required=False,
        max_length=31,
        widget=forms.TextInput(attrs={"class": "govuk-input--width-20"}),
    )

    def __init__(self, *args, formats, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [
            (format.code, f"{format.title} ({format.comes_as})") for format in formats
        ]
        if not any("xlsx" in format.file_types for format in formats):
            del self.fields["sheet"]
        if len(formats) == 1:
            self.fields["format"].initial = formats[0].code
        self.reveals = {"format": {f.code: [_year_of(f.code)] for f in formats if f.statutory_rules}}

    @classmethod
    def for_formats(cls, formats):
        """The form with a field for the year of each format that has one."""
        years = {
            _year_of(format.code): forms.IntegerField(
                label="Collection year",
                help_text="The year in which it ends, for example 2026. Leave it empty to take the year of the latest date in the file.",
                required=False,
                min_value=2000,
                max_value=2100,
                widget=forms.NumberInput(attrs={"class": "govuk-input--width-4"}),
            )
            for format in formats
            if format.statutory_rules
        }
        return type(cls.__name__, (cls,), years)

    def collection_year(self) -> int | None:
        return self.cleaned_data.get(_year_of(self.cleaned_data["format"]))


def _year_of(code: str) -> str:
    return f"year-{code}"
