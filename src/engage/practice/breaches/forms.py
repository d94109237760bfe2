from __future__ import annotations

from collections.abc import Sequence

from django import forms

from engage.govuk.forms import GovukForm, LondonDateTimeField, LongTextField

from .models import BreachStep


class BreachForm(GovukForm):
    what = LongTextField(
        label="What reached whom?",
        help_text="Which kind of information, how, and to whom. Name no child",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    noticed_at = LondonDateTimeField(
        label="When was it noticed?",
        help_text="From then on there are 72 hours. For example, 2 11 2026 and 9:05am",
    )


class StepForm(GovukForm):
    kind = forms.ChoiceField(label="Which step?", widget=forms.RadioSelect)
    told_family = forms.ChoiceField(
        label="Were they told?", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect
    )
    told_commissioner = forms.ChoiceField(
        label="Was the Commissioner told?", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect
    )
    words = LongTextField(
        label="What was done or decided, and why",
        help_text="If somebody was not told: why not. Name no child",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reveals = {"kind": {"family": ["told_family"], "commissioner": ["told_commissioner"]}}

    def __init__(self, *args, left: Sequence[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, BreachStep.Kind(kind).label) for kind in left]

    def told(self) -> bool | None:
        answer = self.cleaned_data.get(f"told_{self.cleaned_data['kind']}")
        return answer == "yes" if answer else None
