from __future__ import annotations

from collections.abc import Sequence

from django import forms

from engage.govuk.forms import GovukForm, LongTextField
from engage.practice.sharing.models import Purpose

from .models import SisterTeam


class AskSisterForm(GovukForm):
    sister = forms.ChoiceField(label="Which team do you ask?")
    purpose = forms.ChoiceField(label="What for?", choices=Purpose.choices, initial=Purpose.THIS_CHILD)
    case = forms.CharField(
        label="Case number",
        help_text="Your own reference. It is sent as it is: no name, date of birth or number of the child",
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args, sisters: Sequence[SisterTeam], **kwargs):
        super().__init__(*args, **kwargs)
        self.sisters = {one.code: one for one in sisters}
        choices = [(one.code, one.name) for one in sisters]
        self.fields["sister"].choices = choices if len(choices) == 1 else [("", "Choose"), *choices]


class SettleForm(GovukForm):
    words = LongTextField(
        label="What did you find?",
        help_text="Ring the team’s own lead first. To stop its questions an administrator ends it: ./run engage sister leave",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
