from __future__ import annotations

from collections.abc import Sequence

from django import forms

from engage.govuk.forms import GovukForm, LongTextField
from engage.practice.agencies.models import Staff

from .actions import Words
from .models import EmergencyAccess, Purpose
from .offer import Shareable


class ShareForm(GovukForm):
    """What, to whom, for what, on which basis, and whether the family knows: one screen."""

    items = forms.MultipleChoiceField(
        label="What do you tell?",
        help_text="Name, age and district always stand above it",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing to tell"},
    )
    recipient = forms.ChoiceField(
        label="Who is told?",
        help_text="From the directory: it is delivered behind their sign-in and nowhere else",
    )
    purpose = forms.ChoiceField(label="What for?", choices=Purpose.choices, initial=Purpose.THIS_CHILD)
    lawful_basis = LongTextField(
        label="Lawful basis",
        help_text="Suggested for your role; change it if your information-governance lead says otherwise",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason = LongTextField(
        label="Why do they need it?",
        help_text="How it helps them protect the child, and that sharing does not harm the child more than not sharing",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    told_family = forms.ChoiceField(
        label="Do child and family know that you share this?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        initial="no",
    )
    told_words = LongTextField(
        label="What they said, or why they were not told",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, items: Sequence[Shareable], people: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["items"].choices = [(item.key, f"{item.what}: {item.said}") for item in items]
        self.fields["recipient"].choices = [("", "Choose"), *_directory(people)]
        self.option_hints = {
            "items": {item.key: ", ".join(filter(None, (item.told_by, item.when))) for item in items}
        }

    def recipient_chosen(self) -> Staff:
        return self.people[self.cleaned_data["recipient"]]

    def words(self) -> Words:
        names = ("purpose", "lawful_basis", "reason", "told_family", "told_words")
        return Words(**{name: self.cleaned_data[name] for name in names})


class NotSharedForm(GovukForm):
    recipient = forms.ChoiceField(label="With whom do you decide not to share?")
    purpose = forms.ChoiceField(
        label="What would it be for?", choices=Purpose.choices, initial=Purpose.THIS_CHILD
    )
    reason = LongTextField(
        label="Why not?",
        help_text="For example: telling them would put the child at more risk than not telling them",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, people: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["recipient"].choices = [("", "Choose"), *_directory(people)]

    def recipient_chosen(self) -> Staff:
        return self.people[self.cleaned_data["recipient"]]


class AskForm(GovukForm):
    owner = forms.ChoiceField(label="Whom do you ask?")
    purpose = forms.ChoiceField(label="What for?", choices=Purpose.choices, initial=Purpose.THIS_CHILD)
    question = LongTextField(
        label="What do you ask?",
        help_text="They are told the child’s name, age and district, and your question",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    because = forms.CharField(
        label="If it names another child: why it must",
        help_text="Who answers reads it. Better leave other children out",
        required=False,
        max_length=500,
    )

    def __init__(self, *args, people: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["owner"].choices = [("", "Choose"), *_directory(people)]


class AnswerForm(GovukForm):
    deed = forms.ChoiceField(
        label="Your decision",
        choices=[("answer", "Answer"), ("refuse", "Refuse, with a reason")],
        widget=forms.RadioSelect,
        initial="answer",
    )
    words = LongTextField(
        label="Your answer, or why you refuse", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


class EmergencyForm(GovukForm):
    number = forms.CharField(
        label="A number or reference of the child",
        help_text="Exactly: NHS number, unique pupil number, or an agency’s reference. A name opens nothing",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = LongTextField(
        label="What is the danger, and why could nobody be asked?",
        help_text="Reviewed by a named person within two working days",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReviewForm(GovukForm):
    outcome = forms.ChoiceField(
        label="Was it justified?",
        choices=EmergencyAccess.Outcome.choices,
        widget=forms.RadioSelect,
    )
    words = LongTextField(label="Why?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class SecondForm(GovukForm):
    words = LongTextField(
        label="Remark",
        help_text="Needed if you do not approve",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReplyForm(GovukForm):
    words = LongTextField(
        label="Answer the sender",
        help_text="What you will do, or ask",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RecallForm(GovukForm):
    words = LongTextField(
        label="Why is it recalled?",
        help_text="The recipient reads this",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class EscalateForm(GovukForm):
    words = LongTextField(
        label="What should the manager know?",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _directory(people: Sequence[Staff]) -> list[tuple[str, list[tuple[str, str]]]]:
    by_agency: dict[str, list[tuple[str, str]]] = {}
    for one in people:
        by_agency.setdefault(one.agency.name, []).append((str(one.pk), one.name))
    return list(by_agency.items())
