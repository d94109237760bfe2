from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import forms

from engage.govuk.forms import DateInputField, GovukForm, LongTextField
from engage.practice.agencies.models import Agency, Staff

from .audit import MOST_SUBJECTS
from .looks import ReadingAlarm
from .who_looked import FOR_EVER, FROM_THE_START

LONDON = ZoneInfo("Europe/London")
NOT_THE_CHILD = "Do not write the child’s name."


class ReferenceForm(GovukForm):
    """By POST: a number of a child must not stand in an address."""

    reference = forms.CharField(
        label="Reference or number of the child",
        help_text="As an agency writes it: a missing report’s reference, an NHS number, a pupil number",
        max_length=60,
    )


class WhoseForm(GovukForm):
    """By GET: it names somebody at work, or an agency."""

    person = forms.ChoiceField(label="Somebody at work", required=False)
    agency = forms.ChoiceField(label="Or an agency", required=False)

    def __init__(self, *args, people: Iterable[Staff], agencies: Iterable[Agency], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [
            ("", "Choose"),
            *((str(one.pk), f"{one.name}, {one.agency.name}") for one in people),
        ]
        self.fields["agency"].choices = [("", "Choose"), *((one.code, one.name) for one in agencies)]


class NarrowForm(GovukForm):
    """From when until when; of one child also whether lists on which it stood are shown."""

    since = DateInputField(label="From", required=False)
    until = DateInputField(label="Until", help_text="This day is included", required=False)
    lists = forms.BooleanField(
        label="Also lists on which the child stood",
        help_text=f"Of a list of more than {MOST_SUBJECTS} children the account names {MOST_SUBJECTS}, the same ones each"
        " time. Whether this child stood on a longer one may not be found here",
        required=False,
    )

    def __init__(self, *args, of_one_child: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not of_one_child:
            del self.fields["lists"]

    def between(self) -> tuple[datetime, datetime]:
        """The first moment of the first day and the first moment after the last."""
        said = self.cleaned_data if self.is_valid() else {}
        since, until = said.get("since"), said.get("until")
        return (
            _midnight(since) if since else FROM_THE_START,
            _midnight(until + timedelta(days=1)) if until else FOR_EVER,
        )

    def with_lists(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data.get("lists"))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


class AnswerForm(GovukForm):
    words = LongTextField(
        label="Why did you look?",
        help_text=f"What you were doing, and who asked you. {NOT_THE_CHILD}",
        max_length=2000,
    )


class CloseForm(GovukForm):
    verdict = forms.ChoiceField(
        label="What is it?",
        choices=[("explained", "Explained"), ("not_justified", "Not justified")],
        widget=forms.RadioSelect,
    )
    because = LongTextField(label="Because", help_text=NOT_THE_CHILD, max_length=2000)


class SettleForm(GovukForm):
    outcome = forms.ChoiceField(
        label="What is it?", choices=ReadingAlarm.Outcome.choices, widget=forms.RadioSelect
    )
    words = LongTextField(label="Because", help_text="What you found, and what follows", max_length=2000)
