from __future__ import annotations

from django import forms

from engage.govuk.forms import GovukForm


class HandInForm(GovukForm):
    format = forms.ChoiceField(label="What kind of file is it?", widget=forms.RadioSelect)
    file = forms.FileField(
        label="File",
        help_text="CSV or XLSX. Drag it here or choose it. Nothing is kept until you have seen a preview.",
    )

    def __init__(self, *args, formats, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [(format.code, format.title) for format in formats]
        if len(formats) == 1:
            self.fields["format"].initial = formats[0].code
