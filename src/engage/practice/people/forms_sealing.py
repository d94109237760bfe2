from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django import forms

from engage.govuk.forms import DateInputField, GovukForm, LongTextField
from engage.practice.agencies.models import Staff

USUAL_REVIEW = timedelta(days=28)


class KeepForm(GovukForm):
    review_on = DateInputField(
        label="When do you look at it again?",
        help_text="The day by which it is unsealed, or sealed for longer with a reason of its own",
    )

    def __init__(self, *args, today: date, **kwargs):
        kwargs.setdefault("initial", {"review_on": today + USUAL_REVIEW})
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_review_on(self) -> date:
        on = self.cleaned_data["review_on"]
        if on <= self.today:
            raise forms.ValidationError("The day of review lies in the future")
        return on


class SealForm(KeepForm):
    field_order = ["text", "reason", "holder", "review_on"]

    text = LongTextField(
        label="What is to be sealed?",
        help_text="Read by its holder alone. Nobody else learns that it exists",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    reason = LongTextField(
        label="Why must nobody else know?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    holder = forms.ChoiceField(label="Who holds it?", widget=forms.RadioSelect)

    def __init__(self, *args, by: Staff, colleagues: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in (by, *colleagues)}
        self.fields["holder"].choices = [
            (pk, "I do" if one.pk == by.pk else f"{one.name}: then I read it no more")
            for pk, one in self.people.items()
        ]
        self.fields["holder"].initial = str(by.pk)


class HandOverForm(GovukForm):
    colleague = forms.ChoiceField(
        label="Who is to hold it?",
        help_text="Until they take it you hold it. They are told of which child it is, and read it once they have taken it",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, colleagues: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in colleagues}
        self.fields["colleague"].choices = [(pk, one.name) for pk, one in self.people.items()]


class UnsealForm(GovukForm):
    category = forms.ChoiceField(
        label="What kind of information is it?",
        help_text="It decides who sees the note from now on: your agency’s staff, and partners as agreed",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, categories: Mapping[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = list(categories.items())
