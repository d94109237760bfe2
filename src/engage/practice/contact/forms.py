from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from engage.govuk.forms import DateInputField, GovukForm, LongTextField
from engage.govuk.london_time import moment_words
from engage.practice.agencies.models import Staff
from engage.practice.people.actions import FewNamed

from .actions import NotToInput, WayInput
from .models import NotToPerson, Outgoing, WayOfContact
from .queries import Way
from .standing import DAYS

A_PAGE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHORT = forms.Textarea(attrs={"rows": 2})


class HourField(forms.CharField):
    """An hour of the day, as 15:30, 3:30pm or 3pm. Gives a `time`, or None if left empty."""

    AS_WRITTEN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)

    def to_python(self, value):
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        read = self.AS_WRITTEN.fullmatch(text)
        half = (read[3] or "").lower() if read else ""
        hour = (
            int(read[1]) % 12 + (12 if half == "pm" else 0) if read and half else int(read[1]) if read else 24
        )
        minute = int(read[2] or 0) if read else 60
        if hour > 23 or minute > 59 or (read and not half and not read[2]):
            raise ValidationError(f"{self.label}: write the time like 3:30pm or 15:30")
        return time(hour, minute)


class WayForm(GovukForm):
    kind = forms.ChoiceField(label="What kind of way is it?", choices=WayOfContact.Kind.choices, widget=forms.RadioSelect)  # fmt: skip
    value = forms.CharField(
        label="Number, or whole address",
        max_length=300,
        help_text="An address as it stands on an envelope, with the postcode",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    whose = forms.ChoiceField(
        label="Whose is it?", choices=WayOfContact.Whose.choices, widget=forms.RadioSelect
    )
    whose_name = forms.CharField(label="Name of whose it is", max_length=120)
    others_there = LongTextField(
        label="Who else lives there or answers?",
        help_text="Names. Nobody else: leave empty",
        required=False,
        max_length=500,
        widget=SHORT,
    )
    announce = forms.CharField(
        label="How do you announce yourself?",
        help_text="For example: say you ring from the dentist",
        required=False,
        max_length=300,
    )
    safe_days = forms.MultipleChoiceField(
        label="On which days is it safe?",
        help_text="None ticked: on any day",
        required=False,
        choices=[(str(number), day) for number, day in enumerate(DAYS)],
        widget=forms.CheckboxSelectMultiple,
    )
    safe_from = HourField(label="Safe from", required=False, help_text="For example, 3:30pm")
    safe_until = HourField(label="Safe until", required=False)
    from_on = DateInputField(label="It holds from", required=False, help_text="Empty: now")

    def clean(self):
        cleaned = super().clean()
        begins, ends = cleaned.get("safe_from"), cleaned.get("safe_until")
        if begins and ends and ends <= begins:
            self.add_error("safe_until", "The safe time must end after it begins")
        return cleaned

    def given(self) -> WayInput:
        said = self.cleaned_data
        return WayInput(
            said["kind"],
            said["value"],
            said["whose"],
            said["whose_name"],
            from_on=said["from_on"],
            safe_days=[int(day) for day in said["safe_days"]],
            safe_from=said["safe_from"],
            safe_until=said["safe_until"],
            announce=said["announce"],
            others_there=said["others_there"],
        )


class NewWayForm(WayForm):
    confirmed = forms.ChoiceField(
        label="Have you made sure that it is safe?",
        choices=[("yes", "Yes"), ("no", "Not yet: it must not be used until somebody has")],
        widget=forms.RadioSelect,
    )
    why = LongTextField(
        label="How do you know?",
        help_text="What they told you, and when. Or where you have it from",
        required=False,
        max_length=1000,
        widget=SHORT,
    )


class CorrectWayForm(WayForm):
    why = LongTextField(label="What was wrong?", max_length=1000, widget=SHORT)


def initial_of_way(way: WayOfContact) -> dict[str, object]:
    return {
        "kind": way.kind,
        "value": way.value,
        "whose": way.whose,
        "whose_name": way.whose_name,
        "others_there": way.others_there,
        "announce": way.announce,
        "safe_days": [str(day) for day in way.safe_days],
        "safe_from": f"{way.safe_from:%H:%M}" if way.safe_from else "",
        "safe_until": f"{way.safe_until:%H:%M}" if way.safe_until else "",
        "from_on": way.from_on,
    }


class SayForm(GovukForm):
    """One deed on what is recorded, with its reason."""

    deed = forms.ChoiceField(label="What do you say?", widget=forms.RadioSelect)
    why = LongTextField(label="Why?", help_text="Kept, and read by whoever is about to use it", max_length=1000, widget=SHORT)  # fmt: skip

    def __init__(self, *args, deeds: Sequence[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["deed"].choices = list(deeds)


class NotToForm(GovukForm):
    name = forms.CharField(label="Name", help_text="Or how the person is called", max_length=120)
    aliases = forms.CharField(
        label="Other names", required=False, help_text="Parted by commas", max_length=300
    )
    relation = forms.CharField(
        label="Who is it to the child?",
        required=False,
        max_length=120,
        help_text="For example, mother’s former partner",
    )
    because = LongTextField(label="Why must nothing reach them?", max_length=1000, widget=SHORT)
    lives_at = forms.CharField(label="Where do they live?", required=False, max_length=300)
    colleague = forms.ChoiceField(
        label="Somebody at work here?",
        required=False,
        help_text="Then nothing about the child can be shared with them",
    )
    page = forms.CharField(
        label="The address of their page in Engage",
        required=False,
        max_length=300,
        help_text="If there is a record of this person: copy it from the browser",
    )
    from_on = DateInputField(label="Since when?", required=False, help_text="Empty: from now on")

    def __init__(self, *args, people: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        self.fields["colleague"].choices = [
            ("", "No"),
            *((pk, f"{one.name}, {one.agency.name}") for pk, one in self.people.items()),
        ]

    def clean_page(self) -> UUID | None:
        text = self.cleaned_data["page"]
        found = A_PAGE.search(text)
        if text and not found:
            raise ValidationError("Copy the whole address of the person’s page, or leave it empty")
        return UUID(found[0]) if found else None

    def given(self) -> NotToInput:
        said = self.cleaned_data
        return NotToInput(
            said["name"],
            said["because"],
            relation=said["relation"],
            aliases=said["aliases"].split(","),
            lives_at=said["lives_at"],
            from_on=said["from_on"],
            colleague=self.people.get(said["colleague"]),
            who_record_id=said["page"],
        )


class CorrectNotToForm(NotToForm):
    why = LongTextField(label="What was wrong?", max_length=1000, widget=SHORT)


def initial_of_not_to(person: NotToPerson) -> dict[str, object]:
    return {
        "name": person.name,
        "aliases": ", ".join(person.aliases),
        "relation": person.relation,
        "because": person.because,
        "lives_at": person.lives_at,
        "colleague": str(person.colleague_id or ""),
        "page": str(person.who_record_id or ""),
        "from_on": person.from_on,
    }


class ToWayForm(GovukForm):
    """To a way of those recorded and safe now: nothing is ever typed."""

    way = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args, ways: Sequence[Way], **kwargs):
        super().__init__(*args, **kwargs)
        self.ways = {str(one.id): one for one in ways}
        self.fields["way"].choices = [
            (pk, f"{one.last.whose_name}: {one.last.value}") for pk, one in self.ways.items()
        ]
        self.option_hints = {
            "way": {
                pk: " ".join(filter(None, (one.warning, one.last.announce, one.standing.sentence)))
                for pk, one in self.ways.items()
            }
        }

    def way_chosen(self) -> Way:
        return self.ways[self.cleaned_data["way"]]


class LetterForm(ToWayForm):
    way = forms.ChoiceField(label="To whom, at which address?", widget=forms.RadioSelect)
    subject = forms.CharField(label="What is it about?", max_length=200, help_text="Printed in the letter. Nothing stands on the envelope but the name and address")  # fmt: skip
    text = LongTextField(label="Letter", max_length=8000, widget=forms.Textarea(attrs={"rows": 12}))
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class CallForm(ToWayForm):
    way = forms.ChoiceField(label="Whom do you ring, on which number?", widget=forms.RadioSelect)
    outcome = forms.ChoiceField(label="Did you reach them?", choices=Outgoing.Outcome.choices, widget=forms.RadioSelect)  # fmt: skip
    text = LongTextField(label="What was said?", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))  # fmt: skip
    in_spite = forms.CharField(
        label="Why could it not wait for a safe time?",
        required=False,
        max_length=500,
        help_text="Only where you ring outside the safe times",
    )


class LocationForm(GovukForm):
    named = forms.MultipleChoiceField(
        label="Who besides you may know where the child is?",
        help_text="Colleagues who need the address to do their work. Nobody else of the circle sees it",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = LongTextField(label="Why must it not become known?", max_length=1000, widget=SHORT)

    def __init__(self, *args, colleagues: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.colleagues = {str(one.pk): one for one in colleagues}
        self.fields["named"].choices = [
            (pk, f"{one.name}, {one.agency.name}") for pk, one in self.colleagues.items()
        ]

    def people_named(self) -> list[Staff]:
        return [self.colleagues[pk] for pk in self.cleaned_data["named"]]


class LiftLocationForm(GovukForm):
    reason = LongTextField(label="Why may it be known again?", max_length=1000, widget=SHORT)


class OneMoreForm(GovukForm):
    location = forms.ChoiceField(label="Which protected address?")
    colleague = forms.ChoiceField(
        label="Who is to know where the child is?", help_text="Somebody whose work needs it, or their manager"
    )
    reason = LongTextField(label="Why this colleague?", max_length=1000, widget=SHORT)

    def __init__(self, *args, few: Sequence[FewNamed], colleagues: Sequence[Staff], **kwargs):
        super().__init__(*args, **kwargs)
        self.colleagues = {str(one.pk): one for one in colleagues}
        self.fields["location"].choices = [
            (str(one.id), f"Protected {moment_words(one.since)} by {one.by.name}") for one in few
        ]
        self.fields["colleague"].choices = [
            ("", "Choose"),
            *((pk, f"{one.name}, {one.agency.name}") for pk, one in self.colleagues.items()),
        ]


class SignpostForm(GovukForm):
    category = forms.ChoiceField(label="Of which kind of data?")
    telephone = forms.CharField(
        label="Whom to ring", max_length=120, help_text="A name or a desk, and the number"
    )

    def __init__(self, *args, choices: dict[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [("", "Choose"), *choices.items()]
