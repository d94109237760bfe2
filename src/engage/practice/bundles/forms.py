from __future__ import annotations

from collections.abc import Sequence

from django import forms

from engage.govuk.forms import DateInputField, GovukForm, LongTextField
from engage.methods.redaction import word_ranges
from engage.practice.agencies.models import Staff
from engage.reference import withholding_reasons

from .intake import Asked
from .models import BundleSpan, Mark, RequestHold, SpanDecision, SubjectRequest


class OpenForm(GovukForm):
    kind = forms.ChoiceField(label="Who asks?", choices=SubjectRequest.Kind.choices, widget=forms.RadioSelect)
    asked_by = forms.CharField(label="Their name", help_text="As it is to stand on the cover", max_length=200)
    authority = LongTextField(
        label="By which right do they ask for the child?",
        help_text="For a carer or a solicitor: parental responsibility and the child’s own view, or a signed authority. Ask"
        " whether contact is a risk",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    notice = forms.CharField(label="Reference of the notice", max_length=100)
    about = forms.CharField(
        label="Whose record?", help_text="Name and date of birth as the requester gives them", max_length=200
    )
    received_on = DateInputField(
        label="When did it come?",
        help_text="The day anybody here got it, by any route: the month begins then",
    )
    received_how = forms.ChoiceField(label="How did it come?", choices=SubjectRequest.How.choices)

    reveals = {"kind": {"inquiry": ["notice"]}}

    def asked(self) -> Asked:
        names = ("kind", "asked_by", "about", "received_how", "authority", "notice")
        said = {name: self.cleaned_data[name] or "" for name in names}
        return Asked(received_on=self.cleaned_data["received_on"], **said)


class AssignForm(GovukForm):
    preparer = forms.ChoiceField(
        label="Who prepares it?",
        help_text="Somebody who may read the record, such as the allocated social worker: it is gathered under their rights",
    )

    def __init__(self, *args, people: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["preparer"].choices = choices_of(people)


class IdentityForm(GovukForm):
    identity_words = LongTextField(
        label="How was it checked who they are?", max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    checked_on = DateInputField(label="On which day?")


class HoldForm(GovukForm):
    hold_kind = forms.ChoiceField(
        label="What holds it?", choices=RequestHold.Kind.choices, widget=forms.RadioSelect
    )
    hold_reason = LongTextField(
        label="Why is it held?", max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    hold_from = DateInputField(label="From which day?")


class ExtendForm(GovukForm):
    extend_because = LongTextField(
        label="Why does it take two months more?",
        help_text="The requester is told this, before the first month ends",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    told_on = DateInputField(label="When were they told?")


class CloseForm(GovukForm):
    close_because = LongTextField(
        label="Why does no bundle answer it?", max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class LinkForm(GovukForm):
    request = forms.ChoiceField(
        label="Which request is about this child?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the request"},
    )

    def __init__(self, *args, requests: Sequence[SubjectRequest], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["request"].choices = [
            (str(one.pk), f"{one.about}, asked by {one.asked_by}") for one in requests
        ]


class SpanForm(GovukForm):
    choice = forms.ChoiceField(
        label="Does it leave?", choices=SpanDecision.Choice.choices, widget=forms.RadioSelect
    )
    reason = forms.ChoiceField(label="Why is it left out?")
    reveals = {"choice": {"leave_out": ["reason"]}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = reasons()


class MarkForm(GovukForm):
    mark = forms.ChoiceField(label="Which words?", widget=forms.RadioSelect)
    mark_choice = forms.ChoiceField(
        label="Redact or keep?", choices=Mark.Choice.choices, widget=forms.RadioSelect
    )
    mark_reason = forms.ChoiceField(label="Why is it redacted?")
    everywhere = forms.BooleanField(
        label="Decide the same words alike wherever they are undecided", required=False
    )
    reveals = {"mark_choice": {"redact": ["mark_reason"]}}

    def __init__(self, *args, span: BundleSpan, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mark"].choices = [
            (str(mark.pk), span.said[mark.start : mark.end]) for mark in span.found
        ]
        self.option_hints = {
            "mark": {
                str(mark.pk): f"{mark.get_found_as_display()}; {mark_words(mark)}" for mark in span.found
            }
        }
        self.fields["mark_reason"].choices = reasons()
        undecided = [str(mark.pk) for mark in span.found if not mark.choice]
        self.fields["mark"].initial = undecided[0] if undecided else None


class WordsForm(GovukForm):
    words = forms.TypedMultipleChoiceField(
        label="Words",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose the words to redact"},
    )
    why = forms.ChoiceField(label="Why are they redacted?")

    def __init__(self, *args, span: BundleSpan, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["words"].choices = [
            (number, span.said[start:end]) for number, (start, end) in enumerate(word_ranges(span.said))
        ]
        self.fields["why"].choices = reasons()


class ConsultForm(GovukForm):
    agency = forms.ChoiceField(label="Which agency was asked?")
    owner_said = LongTextField(
        label="Whom did you ask, and what did they say?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class FinishForm(GovukForm):
    reader = forms.ChoiceField(label="Who reads it a second time?")

    def __init__(self, *args, people: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["reader"].choices = choices_of(people)


class RemarkForm(GovukForm):
    words = LongTextField(
        label="Remark",
        help_text="Needed if you send it back",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class HandOverForm(GovukForm):
    handed_over = LongTextField(
        label="How is it handed over, and to whom?",
        help_text="For example: in person to the care leaver, with their adviser; or by the inquiry’s own portal",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RecallForm(GovukForm):
    because = LongTextField(
        label="Why is it recalled?", max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


def reasons() -> list[tuple[str, str]]:
    return [
        ("", "Choose"),
        *(
            (one.code, f"{one.words}: {one.statute} ({one.verification})")
            for one in withholding_reasons().values()
        ),
    ]


def mark_words(mark: Mark) -> str:
    if not mark.choice:
        return "undecided"
    by = f" by {mark.decided_by.name}" if mark.decided_by else ""
    why = f", {withholding_reasons()[mark.reason].words.lower()}" if mark.reason else ""
    return f"{'redacted' if mark.choice == Mark.Choice.REDACT else 'kept'}{by}{why}"


def choices_of(people: Sequence[Staff]) -> list:
    by_agency: dict[str, list[tuple[str, str]]] = {}
    for one in people:
        by_agency.setdefault(one.agency.name, []).append((str(one.pk), one.name))
    return [("", "Choose"), *by_agency.items()]
