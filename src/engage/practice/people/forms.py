from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django import forms

from engage.govuk.forms import DateInputField, GovukForm, LongTextField
from engage.methods.births import birth_from_age
from engage.methods.identifiers import nhs_number_is_valid, normalise_phone, normalise_postcode, upn_is_valid
from engage.practice.access.models import Restriction
from engage.practice.agencies.models import Staff
from engage.reference import ELSEWHERE, districts

from .actions import TypedIdentity
from .family import Relative
from .finding import SearchTerms
from .models import Judgement


class ReasonForm(GovukForm):
    reason = LongTextField(
        label="Why?",
        help_text="What you know that decides it. Kept with your judgement, for everybody who sees both records.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class JudgeForm(ReasonForm):
    relation = forms.ChoiceField(
        label="If they are two people: how are they related?",
        help_text="Shown on the family page of both. No program ever joins two people who are related",
        required=False,
        choices=[("", "Not related, or not known"), *Judgement.Relation.choices],
    )
    ask_second = forms.BooleanField(
        label="Ask a colleague for a second opinion: nothing changes until they say the same", required=False
    )


class RelationForm(ReasonForm):
    other = forms.ChoiceField(label="Who?", widget=forms.RadioSelect)
    relation = forms.ChoiceField(
        label="How are the two related?", choices=Judgement.Relation.choices, widget=forms.RadioSelect
    )
    field_order = ("other", "relation", "reason")

    def __init__(self, *args, relatives: Sequence[Relative], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["other"].choices = [(str(one.shown.person_id), one.shown.words) for one in relatives]


class RestrictionForm(GovukForm):
    kind = forms.ChoiceField(
        label="Why is this child restricted?",
        choices=[choice for choice in Restriction.Kind.choices if choice[0] != Restriction.Kind.LIKENESS],
        widget=forms.RadioSelect,
    )
    named = forms.MultipleChoiceField(
        label="Who besides you may see the child?",
        help_text="At least one colleague, so that somebody sees the child when you are away",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Name at least one colleague"},
    )
    reason = LongTextField(
        label="What makes it necessary?",
        help_text="Read by those who are named",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, colleagues: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.colleagues = {str(one.pk): one for one in colleagues}
        self.fields["named"].choices = [
            (pk, f"{one.name}, {one.agency.name}") for pk, one in self.colleagues.items()
        ]

    def people_named(self) -> list[Staff]:
        return [self.colleagues[pk] for pk in self.cleaned_data["named"]]


class ConflictForm(GovukForm):
    """Of oneself; the manager may say it of a colleague, and that it is no more."""

    whose = forms.ChoiceField(label="Whose conflict of interest is it?", widget=forms.RadioSelect)
    reason = LongTextField(
        label="What is it?",
        help_text="For example: my sister’s child; I live in the same house. The team manager reads it",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, by: Staff, colleagues: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in (by, *colleagues)}
        self.fields["whose"].choices = [
            (pk, "Mine" if one.pk == by.pk else f"{one.name}, {one.agency.name}")
            for pk, one in self.people.items()
        ]
        self.fields["whose"].initial = str(by.pk)


class LiftForm(GovukForm):
    reason = LongTextField(
        label="Why is it no longer necessary?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class NewChildForm(GovukForm):
    """First a search by whatever is known; then, if none of those found is the child, why it is a new one."""

    forenames = forms.CharField(label="First names", required=False, max_length=120)
    surname = forms.CharField(label="Surname", required=False, max_length=120)
    known_as = forms.CharField(
        label="Known as", required=False, max_length=120, help_text="Nickname or name in use"
    )
    born_on = DateInputField(label="Date of birth", required=False, help_text="For example, 27 3 2011")
    age = forms.IntegerField(
        label="Age, if the date of birth is not known", required=False, min_value=0, max_value=25
    )
    sex = forms.ChoiceField(
        label="Sex",
        required=False,
        choices=[("", "Not known"), ("F", "Female"), ("M", "Male"), ("X", "Other")],
    )
    phone = forms.CharField(label="Telephone", required=False, max_length=40)
    postcode = forms.CharField(label="Postcode", required=False, max_length=10)
    district = forms.ChoiceField(
        label="District",
        required=False,
        choices=[
            ("", "Not known"),
            *((name, name) for name in districts() if name != ELSEWHERE),
            (ELSEWHERE, "Elsewhere"),
        ],
    )
    nhs_number = forms.CharField(label="NHS number", required=False, max_length=20)
    upn = forms.CharField(label="Unique pupil number", required=False, max_length=20)
    reference = forms.CharField(
        label="An agency's reference", required=False, max_length=60, help_text="To search by; it is not kept"
    )

    def clean_nhs_number(self) -> str:
        number = self.cleaned_data["nhs_number"]
        if number and not nhs_number_is_valid(number):
            raise forms.ValidationError("The NHS number has a wrong digit: check it, or leave it empty")
        return number

    def clean_upn(self) -> str:
        upn = self.cleaned_data["upn"]
        if upn and not upn_is_valid(upn):
            raise forms.ValidationError("The unique pupil number is not complete or has a wrong character")
        return upn

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"]
        if phone and not normalise_phone(phone):
            raise forms.ValidationError("Enter a telephone number that somebody could ring")
        return phone

    def clean_postcode(self) -> str:
        postcode = self.cleaned_data["postcode"]
        if postcode and not normalise_postcode(postcode):
            raise forms.ValidationError("Enter a whole postcode, such as BB1 1AA")
        return normalise_postcode(postcode) or ""

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.terms():
            raise forms.ValidationError("Fill in at least one field")
        return cleaned

    def terms(self) -> SearchTerms:
        said = self.cleaned_data
        numbers = (
            said.get("phone"),
            said.get("nhs_number"),
            said.get("upn"),
            said.get("reference"),
            said.get("postcode"),
        )
        return SearchTerms(
            forenames=said.get("forenames") or "",
            surname=said.get("surname") or "",
            known_as=said.get("known_as") or "",
            born_on=said.get("born_on"),
            age=said.get("age"),
            sex=said.get("sex") or "",
            district=said.get("district") or "",
            numbers=tuple(filter(None, numbers)),
        )

    def identity(self, today: date) -> TypedIdentity:
        said = self.cleaned_data
        birth = (
            birth_from_age(said["age"], today)
            if said.get("age") is not None and not said["born_on"]
            else None
        )
        return TypedIdentity(
            forenames=said["forenames"],
            surname=said["surname"],
            known_as=said["known_as"],
            born_on=said["born_on"],
            born_earliest=birth.earliest if birth else None,
            born_latest=birth.latest if birth else None,
            age_stated=said.get("age"),
            sex=said["sex"],
            nhs_number=said["nhs_number"],
            upn=said["upn"],
            phone=said["phone"],
            postcode=said["postcode"],
            district=said["district"],
        )


class NewBecauseForm(GovukForm):
    new_because = LongTextField(
        label="This is a new child because",
        help_text="For example: “Not one of the two Katies found: this child lives in Clitheroe and is 12.”",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
