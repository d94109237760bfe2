"""What is asked on the one-screen pages of a missing episode."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django import forms
from django.conf import settings

from engage.govuk.forms import DateInputField, GovukForm, LondonDateTimeField, LongTextField

from .models import ReturnInterview

GRADE_WORDS = {"high": "High", "medium": "Medium", "low": "Low", "very_low": "Very low"}
FOUND_BY = "For example: came back alone, found by police, brought by a carer"
TIME_HINT = "For example, 2 11 2026 and 9:05pm"


class ReturnForm(GovukForm):
    """Journey 6: time, place, who found, safe and well."""

    known = forms.ChoiceField(
        label="Do you know the time the child came back?",
        choices=[("time", "Yes"), ("day", "No, only the day")],
        widget=forms.RadioSelect,
    )
    returned_at = LondonDateTimeField(label="When the child came back", help_text=TIME_HINT)
    returned_on = DateInputField(
        label="Day the child came back",
        help_text="The interview then has a day by which it is due, and no hour",
    )
    place = forms.CharField(label="Where the child was found (optional)", max_length=300, required=False)
    found_by = forms.CharField(
        label="Who found the child (optional)", max_length=200, required=False, help_text=FOUND_BY
    )
    checked = forms.ChoiceField(
        label="Have police spoken with the child since, to see that the child is safe and well?",
        choices=[("yes", "Yes"), ("not_yet", "Not yet, or not known")],
        widget=forms.RadioSelect,
    )
    safe_and_well_at = LondonDateTimeField(label="When police spoke with the child", help_text=TIME_HINT)

    reveals = {
        "known": {"time": ["returned_at"], "day": ["returned_on"]},
        "checked": {"yes": ["safe_and_well_at"]},
    }

    def said(self) -> dict:
        names = ("returned_at", "returned_on", "place", "found_by", "safe_and_well_at")
        return {name: self.cleaned_data[name] for name in names}


class LocatedForm(GovukForm):
    located_at = LondonDateTimeField(label="When the child was found", help_text=TIME_HINT)
    place = forms.CharField(label="Where (optional)", max_length=300, required=False)
    found_by = forms.CharField(
        label="Who found the child (optional)", max_length=200, required=False, help_text=FOUND_BY
    )

    def said(self) -> dict:
        return self.cleaned_data


class GradeForm(GovukForm):
    grade = forms.ChoiceField(
        label="Grade",
        choices=lambda: [
            (grade, words) for grade, words in GRADE_WORDS.items() if grade in settings.GRADES_FOR_CHILDREN
        ],
        widget=forms.RadioSelect,
    )
    reason = LongTextField(
        label="Reason", max_length=2000, help_text="Kept with the grade, for those who may read reasons"
    )
    option_hints = {
        "grade": {"high": "Serious harm is very likely", "medium": "Harm is likely, and not serious"}
    }

    def said(self) -> dict:
        return self.cleaned_data


class OfferForm(GovukForm):
    offered_at = LondonDateTimeField(label="When the interview was offered", help_text=TIME_HINT)
    method = forms.CharField(
        label="How (optional)",
        max_length=60,
        required=False,
        help_text="For example: phone, visit, through the carer",
    )
    outcome = forms.ChoiceField(
        label="What became of the offer",
        choices=[
            ("", "No answer yet"),
            *((value, words) for value, words in ReturnInterview.OfferOutcome.choices if value != "declined"),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    def said(self) -> dict:
        return self.cleaned_data


class DeclinedForm(GovukForm):
    declined_at = LondonDateTimeField(label="When the interview was declined", help_text=TIME_HINT)
    reason = LongTextField(label="Why", max_length=2000, help_text="In the child's own words if you can")
    method = forms.CharField(label="How it was offered (optional)", max_length=60, required=False)

    def said(self) -> dict:
        return self.cleaned_data


class HeldForm(GovukForm):
    """Made for one child: the other episodes that the interview may cover."""

    def __init__(self, *args, episodes: Sequence[tuple[str, str]] = (), **kwargs):
        super().__init__(*args, **kwargs)
        if episodes:
            self.fields["also_covers"].choices = list(episodes)
        else:
            del self.fields["also_covers"]

    held_at = LondonDateTimeField(label="When the interview was held", help_text=TIME_HINT)
    place_kind = forms.CharField(
        label="Kind of place (optional)", max_length=60, required=False, help_text="For example: home, school"
    )
    summary_for_team = LongTextField(
        label="Summary for the team",
        max_length=4000,
        help_text="What helps to keep the child safe. The whole team reads it",
    )
    child_words = LongTextField(
        label="The child's own words (optional)",
        max_length=8000,
        required=False,
        help_text="Only social workers and managers who work with the child read this",
    )
    actions = LongTextField(
        label="What is to be done (optional)",
        max_length=2000,
        required=False,
        help_text="By whom, and by when",
    )
    also_covers = forms.MultipleChoiceField(
        label="Other times missing that this interview covers (optional)",
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Their clocks stop too",
    )
    independent = forms.TypedChoiceField(
        label="Was the interviewer independent of the child's care?",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
    )

    def said(self) -> dict:
        chosen = self.cleaned_data.get("also_covers", [])
        return self.cleaned_data | {"also_covers": [UUID(report_id) for report_id in chosen]}


class TakeBackForm(GovukForm):
    reason = LongTextField(
        label="Why the entry is taken back",
        max_length=1000,
        help_text="Whoever sees this missing episode reads it. For example: recorded on the wrong child",
    )

    def said(self) -> dict:
        return self.cleaned_data


class SettleForm(GovukForm):
    """Made for one held report: the episodes it may belong to, or an absence of its own."""

    SEPARATE = "separate"

    def __init__(self, *args, episodes: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["belongs_to"].choices = [
            *episodes,
            (self.SEPARATE, "None of these: the child came back in between and went missing again"),
        ]

    belongs_to = forms.ChoiceField(
        label="Which time missing does this report tell of?", choices=[], widget=forms.RadioSelect
    )

    def said(self) -> dict:
        chosen = self.cleaned_data["belongs_to"]
        if chosen == self.SEPARATE:
            return {"separate": True}
        return {"same_episode_as": UUID(chosen)}
