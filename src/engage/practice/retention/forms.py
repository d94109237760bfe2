from __future__ import annotations

from collections.abc import Sequence

from django import forms

from engage.govuk.forms import GovukForm, LongTextField
from engage.practice.agencies.models import Agency
from engage.reference import RetentionProposal, retention_proposals

from .models import Hold, Schedule


class OfAgency(GovukForm):
    """Whose records; not asked where there is one agency alone."""

    agency = forms.ChoiceField(label="Whose records?")

    def __init__(self, *args, agencies: Sequence[Agency], **kwargs):
        super().__init__(*args, **kwargs)
        self.agencies = {one.code: one for one in agencies}
        self.fields["agency"].choices = [(code, one.name) for code, one in self.agencies.items()]
        if len(self.agencies) == 1:
            del self.fields["agency"]

    def agency_named(self) -> Agency:
        return self.agencies[self.cleaned_data.get("agency") or next(iter(self.agencies))]


def proposal_words(one: RetentionProposal) -> str:
    counted_from = Schedule.CountedFrom(one.counted_from).label
    note = f"; {one.note}" if one.note else ""
    return f"{one.kind}: {one.years} years from {counted_from} ({one.record}; {one.verification}{note})"


class AdoptForm(OfAgency):
    """A period of the reference list, taken over by the agency as it is or with another number of years."""

    proposal = forms.ChoiceField(
        label="Which kind of record, and which period?",
        help_text="Proposals with how far each was checked: V read at its source, P second hand, N not verified",
        widget=forms.RadioSelect,
    )
    years = forms.IntegerField(
        label="Other number of years (optional)",
        help_text="Left empty: as proposed",
        required=False,
        min_value=1,
        max_value=150,
    )
    legal_basis = LongTextField(
        label="On which basis does your agency keep them so long?",
        help_text="The law or your agency’s own policy, with its date",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["proposal"].choices = [
            (code, proposal_words(one)) for code, one in retention_proposals().items()
        ]


class HoldForm(OfAgency):
    scope = forms.ChoiceField(label="What is held?", choices=Hold.Scope.choices, widget=forms.RadioSelect)
    reference = forms.CharField(
        label="Your agency’s own reference of the child",
        help_text="Of any of the child’s records. You are not told whether there is one",
        max_length=200,
    )
    kind = forms.ChoiceField(label="What for?", choices=Hold.Kind.choices, widget=forms.RadioSelect)
    notice_reference = forms.CharField(
        label="Reference of the notice (optional)", max_length=120, required=False
    )
    reason = LongTextField(
        label="Why?",
        help_text="Read by whoever is asked to end it. Name no child",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reveals = {"scope": {"child": ["reference"]}}


class BecauseForm(GovukForm):
    because = LongTextField(
        label="Why?",
        help_text="Read by your colleagues. Name no child",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PlanForm(OfAgency):
    """Of which agency a plan is made."""
