from django import forms

from engage.govuk.forms import DateInputField, GovukForm, LongTextField
from engage.reference import ELSEWHERE, districts

from .models import ExploitationJudgement


class JudgementForm(GovukForm):
    level = forms.ChoiceField(
        label="Is this child exploited?",
        choices=ExploitationJudgement.Level.choices,
        widget=forms.RadioSelect,
    )
    reason = LongTextField(
        label="Reason", help_text="What makes you think so. Kept with the reasons shown here."
    )
    next_step = LongTextField(
        label="Next step", help_text="What happens next, and who does it.", max_length=2000
    )
    review_on = DateInputField(label="Review date", help_text="The day on which this is looked at again.")

    option_hints = {
        "level": {
            ExploitationJudgement.Level.NOT_AS_FAR_AS_KNOWN: "If anything new arrives, the child comes back to the list."
        }
    }


class ListForm(GovukForm):
    """What the list is narrowed to; by GET, as it says nothing about any child."""

    state = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            ("", "All"),
            ("nobody", "Nobody has taken"),
            ("mine", "Taken by me"),
            ("taken", "Taken by anybody"),
        ],
    )
    district = forms.ChoiceField(label="District", required=False)
    with_clock = forms.BooleanField(label="Only with a return interview due", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["district"].choices = [
            ("", "All"),
            *((name, "Elsewhere" if name == ELSEWHERE else name) for name in districts()),
        ]
