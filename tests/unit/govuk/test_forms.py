import re

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.unit.govuk.reading_pages import (
    assert_every_input_has_a_label_and_every_reference_leads_somewhere as assert_labelled,
)
from tests.unit.govuk.reading_pages import render

from engage.govuk.forms import DateInputField, GovukForm, LondonDateTimeField, LongTextField


class EveryKind(GovukForm):
    reference = forms.CharField(
        label="Police reference", max_length=20, help_text="For example, LC-20261102-0001"
    )
    nhs_number = forms.CharField(label="NHS number")
    age = forms.IntegerField(label="Age", min_value=0, max_value=25)
    circumstances = LongTextField(label="What happened", max_length=50, help_text="In your own words")
    notes = forms.CharField(label="Notes", widget=forms.Textarea(attrs={"rows": 3}))
    outcome = forms.ChoiceField(
        label="What became of the offer?",
        choices=[("held", "Held"), ("declined", "Declined")],
        widget=forms.RadioSelect,
        help_text="Choose one",
    )
    declined_because = forms.CharField(label="Why it was declined")
    seen_by = forms.MultipleChoiceField(
        label="Who has seen the child",
        choices=[("police", "Police"), ("social_care", "Social care")],
        widget=forms.CheckboxSelectMultiple,
    )
    agency = forms.ChoiceField(label="Agency", choices=[("", "Choose"), ("a", "A"), ("b", "B")])
    born_on = DateInputField(label="Date of birth", help_text="For example, 27 3 2012")
    returned_at = LondonDateTimeField(label="When the child came back")
    file = forms.FileField(label="File to receive", widget=forms.FileInput)
    is_safe = forms.BooleanField(label="The child was seen alone", help_text="By a person, not on the phone")
    token = forms.CharField(widget=forms.HiddenInput, initial="t")

    option_hints = {"outcome": {"declined": "By the child or the carer"}}
    reveals = {"outcome": {"declined": ["declined_because"]}}


GOOD = {
    "reference": "LC-1",
    "nhs_number": "9990000018",
    "age": "14",
    "circumstances": "Left after school",
    "notes": "None",
    "outcome": "held",
    "seen_by": ["police"],
    "agency": "a",
    "born_on_day": "27",
    "born_on_month": "3",
    "born_on_year": "2012",
    "returned_at_day": "2",
    "returned_at_month": "11",
    "returned_at_year": "2026",
    "returned_at_time": "9:05am",
    "is_safe": "on",
    "token": "t",
}


def sent(**changes) -> EveryKind:
    return EveryKind({**GOOD, **changes}, {"file": SimpleUploadedFile("rows.csv", b"a,b\n")})


def test_every_kind_of_field_has_its_label_hint_and_error_tied_to_it():
    for form in (EveryKind(), EveryKind({}), sent(), sent(born_on_year="12", age="x")):
        page = assert_labelled(render("{% govuk_form form %}", form=form))
        for name, field in form.fields.items():
            if field.help_text:
                hint = f"id_{name}-hint"
                assert any(hint in found.get("aria-describedby", "").split() for _, found in page.elements), (
                    name
                )
            if form.errors.get(name) and not form[name].is_hidden:
                error = f"id_{name}-error"
                assert any(
                    error in found.get("aria-describedby", "").split() for _, found in page.elements
                ), name


def test_an_empty_form_names_each_answer_it_needs_and_links_to_its_box():
    form = EveryKind({})
    page = render("{% govuk_form form %}", form=form)
    for link, words in [
        ("id_reference", "Enter police reference"),
        ("id_nhs_number", "Enter NHS number"),
        ("id_outcome_0", "Answer “What became of the offer?”"),
        ("id_seen_by_0", "Select who has seen the child"),
        ("id_agency", "Select agency"),
        ("id_born_on_0", "Enter date of birth"),
        ("id_returned_at_0", "Enter when the child came back"),
        ("id_file", "Choose a file"),
        ("id_is_safe", "Tick “The child was seen alone”"),
    ]:
        assert f'<a href="#{link}">{words}</a>' in page


def test_the_link_of_an_error_leads_to_the_part_of_the_date_at_fault():
    page = render("{% govuk_form form %}", form=sent(born_on_year="12"))
    assert '<a href="#id_born_on_2">Date of birth: the year must have 4 numbers</a>' in page
    assert re.findall(r'govuk-input--error" id="(id_born_on_\d)"', page) == ["id_born_on_2"]


def test_errors_are_in_plain_words():
    form = sent(reference="x" * 21, age="x", circumstances="y" * 51)
    assert form.errors["reference"] == ["Police reference must be 20 characters or fewer"]
    assert form.errors["age"] == ["Age must be a number"]
    assert form.errors["circumstances"] == ["What happened must be 50 characters or fewer"]
    assert sent(age="30").errors["age"] == ["Age must be 25 or fewer"]


def test_an_error_message_given_with_the_field_is_kept():
    class Own(GovukForm):
        name = forms.CharField(error_messages={"required": "Say what the child likes to be called"})

    assert Own({}).errors["name"] == ["Say what the child likes to be called"]


def test_a_text_with_line_breaks_is_counted_as_the_browser_counts_it():
    form = sent(circumstances="a\r\n" * 25)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["circumstances"] == ("a\n" * 25).strip()


def test_nothing_typed_is_cut_off_by_the_browser():
    assert "maxlength=" not in render("{% govuk_form form %}", form=EveryKind()).replace(
        "data-maxlength=", ""
    )


def test_a_revealed_question_is_asked_only_when_its_option_is_chosen():
    assert sent(outcome="held").is_valid()
    assert sent(outcome="declined").errors == {"declined_because": ["Enter why it was declined"]}


def test_an_answer_left_under_an_option_not_chosen_is_not_kept():
    form = sent(outcome="held", declined_because="typed before changing their mind")
    assert form.is_valid()
    assert form.cleaned_data["declined_because"] == ""


def test_a_revealed_question_stands_under_its_option_and_nowhere_else():
    page = render("{% govuk_form form %}", form=EveryKind())
    assert page.count('name="declined_because"') == 1
    assert page.index('id="conditional-id_outcome_1"') < page.index('name="declined_because"')


def test_what_was_typed_is_shown_again_after_an_error_and_escaped():
    page = render("{% govuk_form form %}", form=sent(reference='"><b>x', born_on_year="12"))
    assert "<b>" not in page
    assert 'value="27"' in page and 'value="9:05am"' in page
    assert re.search(r'value="held" checked', page)
    assert re.search(r'value="police" checked', page)


def test_a_form_with_a_file_is_sent_in_parts_and_a_post_carries_its_token():
    page = render("{% govuk_form form button='Receive' %}", form=EveryKind())
    assert 'enctype="multipart/form-data"' in page
    assert "novalidate" in page
    assert 'name="csrfmiddlewaretoken" value="token-for-tests"' in page


def test_the_field_that_heads_the_page_is_its_heading():
    class OneQuestion(GovukForm):
        why = forms.CharField(label="Why are these two the same child?")
        page_heading = "why"

    assert '<h1 class="govuk-label-wrapper"><label' in OneQuestion().as_govuk()


@pytest.mark.parametrize("prefix", ["left", "right"])
def test_two_forms_on_one_page_can_be_told_apart(prefix):
    form = EveryKind({}, prefix=prefix)
    page = assert_labelled(form.as_govuk())
    assert f"id_{prefix}-reference" in page.ids()


def test_a_percent_sign_in_a_label_or_an_answer_does_not_break_an_error():
    class Share(GovukForm):
        share = forms.CharField(label="100% share", max_length=2)
        day = DateInputField(label="50% day")

    form = Share({"share": "100", "day_day": "1%", "day_month": "1", "day_year": "2026"})
    assert form.errors["share"] == ["100% share must be 2 characters or fewer"]
    assert "50% day" in form.errors["day"][0]
    assert form.as_govuk()
