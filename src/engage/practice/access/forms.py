from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django import forms

from engage.govuk.forms import GovukForm, LondonDateTimeField, LongTextField
from engage.practice.agencies.models import Agency, Staff
from engage.reference import categories

from .actions import Terms
from .explaining import SITUATIONS
from .models import AgreementTerms, Label
from .policy import PURPOSES, purposes_of

TIME_HINT = "For example, 1 1 2027 and midnight. A moment that has passed means: as soon as two have approved"
ENDS_HINT = "The first moment at which it is no longer in force"
# Jobs of Engage itself own no records and receive nothing.
SHARES = {"system"}


def agencies_that_share() -> list[Agency]:
    return [one for one in Agency.objects.filter(is_active=True) if one.kind not in SHARES]


class TermsForm(GovukForm):
    """What an agreement says. Of a new version the code stands already."""

    code = forms.RegexField(
        r"^[A-Z0-9][A-Z0-9-]{2,39}$",
        label="Short code",
        help_text="Capital letters, digits and hyphens, for example HEALTH-2027",
        error_messages={"invalid": "The short code has 3 to 40 capital letters, digits and hyphens"},
    )
    title = forms.CharField(label="Title", max_length=200)
    owners = forms.MultipleChoiceField(label="Whose records", widget=forms.CheckboxSelectMultiple)
    recipients = forms.MultipleChoiceField(
        label="Who receives",
        help_text="Each of these may see records of each of those above",
        widget=forms.CheckboxSelectMultiple,
    )
    categories = forms.MultipleChoiceField(
        label="Categories of data",
        help_text="Locations (C01L) and places (C03P) are not part of C01 and C03",
        widget=forms.CheckboxSelectMultiple,
    )
    purposes = forms.MultipleChoiceField(
        label="For which purposes", choices=list(PURPOSES.items()), widget=forms.CheckboxSelectMultiple
    )
    lawful_basis = LongTextField(
        label="Lawful basis",
        help_text="As written in the signed agreement",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    starts_at = LondonDateTimeField(label="In force from", help_text=TIME_HINT)
    ends_at = LondonDateTimeField(label="In force until", help_text=ENDS_HINT)
    signed_by = forms.CharField(label="Signed by", max_length=200)
    reason = LongTextField(
        label="Why?",
        help_text="Read by those who approve. Name no child",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, code: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.agencies = {one.code: one for one in agencies_that_share()}
        named = [(one.code, one.name) for one in self.agencies.values()]
        self.fields["owners"].choices = named
        self.fields["recipients"].choices = named
        self.fields["categories"].choices = [(c, f"{c} {title}") for c, title in categories().items()]
        self.known_code = code
        if code:
            del self.fields["code"]

    def terms(self) -> Terms:
        said = self.cleaned_data
        return Terms(
            code=self.known_code or said["code"],
            title=said["title"],
            owners=[self.agencies[code] for code in said["owners"]],
            recipients=[self.agencies[code] for code in said["recipients"]],
            categories=said["categories"],
            purposes=said["purposes"],
            lawful_basis=said["lawful_basis"],
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            signed_by=said["signed_by"],
        )


def as_typed(terms: AgreementTerms) -> dict[str, object]:
    """What the form of a new version begins with: the version before, from where that one ends."""
    return {
        "title": terms.title,
        "owners": [one.code for one in terms.owners.all()],
        "recipients": [one.code for one in terms.recipients.all()],
        "categories": terms.categories,
        "purposes": terms.purposes,
        "lawful_basis": terms.lawful_basis,
        "starts_at": terms.ends_at,
        "signed_by": terms.signed_by,
    }


class EndForm(GovukForm):
    ends_at = LondonDateTimeField(
        label="When does it end?", help_text="A moment that has passed means: as soon as two have approved"
    )
    reason = LongTextField(
        label="Why does it end early?",
        help_text="Read by those who approve. Name no child",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class BecauseForm(GovukForm):
    because = LongTextField(
        label="Why?",
        help_text="Kept with the proposal",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SignOutForm(GovukForm):
    """A colleague, or everybody of an agency."""

    whom = forms.ChoiceField(
        label="Whom",
        choices=[("colleague", "One colleague"), ("agency", "Everybody of an agency")],
        widget=forms.RadioSelect,
    )
    colleague = forms.ChoiceField(label="Colleague")
    agency = forms.ChoiceField(label="Agency")
    reason = LongTextField(
        label="Why?",
        help_text="Kept with your name. Name no child",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reveals = {"whom": {"colleague": ["colleague"], "agency": ["agency"]}}

    def __init__(self, *args, people: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.agencies = {one.code: one for one in agencies_that_share()}
        self.fields["colleague"].choices = [
            ("", "Select a colleague"),
            *((pk, f"{one.name}, {one.agency.name}") for pk, one in self.people.items()),
        ]
        self.fields["agency"].choices = [
            ("", "Select an agency"),
            *((code, one.name) for code, one in self.agencies.items()),
        ]

    def named(self) -> Staff | Agency:
        said = self.cleaned_data
        if said["whom"] == "agency":
            return self.agencies[said["agency"]]
        return self.people[said["colleague"]]


class WhatMaySeeForm(GovukForm):
    person = forms.ChoiceField(label="Who")
    purpose = forms.ChoiceField(label="For which purpose", choices=list(PURPOSES.items()))
    situation = forms.ChoiceField(
        label="Which child",
        choices=[(name, words) for name, (words, _) in SITUATIONS.items()],
        widget=forms.RadioSelect,
    )
    at = LondonDateTimeField(
        label="When (optional)",
        required=False,
        help_text="Left empty: now. For example, 2 11 2026 and 9:05am",
    )

    def __init__(self, *args, people: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["person"].choices = [
            ("", "Select a colleague"),
            *((pk, f"{one.name}, {one.agency.name}") for pk, one in self.people.items()),
        ]

    def clean(self):
        said = super().clean()
        person, purpose = self.people.get(said.get("person", "")), said.get("purpose")
        if person and purpose and purpose not in purposes_of(person.role):
            self.add_error(
                "purpose", f"The role of {person.name} may not state this purpose, so nothing is seen"
            )
        return said

    def asked(self, now: datetime) -> tuple[Staff, str, str, datetime]:
        said = self.cleaned_data
        return self.people[said["person"]], said["purpose"], said["situation"], said["at"] or now


class WhoMaySeeForm(GovukForm):
    owner = forms.ChoiceField(label="Whose record")
    category = forms.ChoiceField(label="Which category of data")
    label = forms.ChoiceField(
        label="Which label", choices=Label.choices, initial=Label.FULL, widget=forms.RadioSelect
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.agencies = {one.code: one for one in agencies_that_share()}
        self.fields["owner"].choices = [(one.code, one.name) for one in self.agencies.values()]
        self.fields["category"].choices = [(c, f"{c} {title}") for c, title in categories().items()]

    def owner_named(self) -> Agency:
        return self.agencies[self.cleaned_data["owner"]]
