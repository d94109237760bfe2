"""Finding a child, from the box on every page or from the search page. What is asked travels by POST alone."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from engage.govuk.components import Cell, Column, Row, Table
from engage.govuk.forms import DateInputField, GovukForm
from engage.govuk.london_time import in_london
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import acting
from engage.practice.people.finding import Candidates, SearchTerms, find
from engage.practice.people.permissions import may_create_person

from .asked import Asked, district_called, understand
from .roles import may_look_at_children

CREATE_URL = "/children/new/"


class SearchForm(GovukForm):
    forenames = forms.CharField(label="First name or what they are called", required=False, max_length=120)
    surname = forms.CharField(label="Surname", required=False, max_length=120)
    born_on = DateInputField(label="Date of birth", required=False, help_text="For example, 27 3 2011")
    age = forms.IntegerField(
        label="Age, if the date of birth is not known", required=False, min_value=0, max_value=25
    )
    place = forms.CharField(
        label="Town or district", required=False, max_length=60, help_text="For example, Darwen"
    )
    phone = forms.CharField(label="Phone number", required=False, max_length=40)
    reference = forms.CharField(
        label="NHS number, pupil number or an agency's reference", required=False, max_length=60
    )

    def clean_place(self):
        place = self.cleaned_data["place"]
        if place and not district_called(place):
            raise forms.ValidationError(
                "Engage knows districts of East Lancashire alone: leave the place out"
            )
        return place

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.terms():
            raise forms.ValidationError("Fill in at least one field")
        return cleaned

    def terms(self) -> SearchTerms:
        said = self.cleaned_data
        return SearchTerms(
            forenames=said.get("forenames") or "",
            surname=said.get("surname") or "",
            born_on=said.get("born_on"),
            age=said.get("age"),
            district=district_called(said.get("place") or ""),
            numbers=tuple(filter(None, (said.get("phone"), said.get("reference")))),
        )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("search")
def search(request: HttpRequest) -> HttpResponse:
    may_look_at_children(request.staff).enforce()
    today = in_london(request.now).date()
    asked, form = None, SearchForm()
    if request.method == "POST" and "q" in request.POST:
        asked = understand(request.POST["q"][:200], today)
        form = SearchForm(initial=_initial(asked.terms))
    elif request.method == "POST":
        form = SearchForm(request.POST)
        if form.is_valid():
            asked = Asked(form.terms())
    context = {
        "current_section": "search",
        "form": form,
        "asked": asked,
        "search_terms": request.POST.get("q", "")[:200],
    }
    if asked and asked.terms:
        found = find(asked.terms, request.staff, request.now, wider="wider" in request.POST)
        # That somebody looked for a child is accounted for even where nobody was found.
        acting().kinds_read.add("people.token")
        context |= {
            "found": found,
            "table": _table(found),
            "asked_words": asked_words(asked.terms),
            "asked_again": [one for one in request.POST.items() if one[0] != "csrfmiddlewaretoken"],
            "may_create": may_create_person(request.staff),
            "create_url": CREATE_URL,
        }
    return TemplateResponse(request, "desk/search.html", context)


def asked_words(terms: SearchTerms) -> str:
    """How the search was understood, so that a misreading is seen."""
    parts = [
        ("name", " ".join(filter(None, (terms.forenames, terms.surname)))),
        ("born on", f"{terms.born_on.day} {terms.born_on:%B %Y}" if terms.born_on else ""),
        ("age about", str(terms.age) if terms.age is not None else ""),
        ("in", terms.district),
        ("number or reference", " and ".join(terms.numbers)),
    ]
    return "; ".join(f"{label} {said}" for label, said in parts if said)


def _initial(terms: SearchTerms) -> dict[str, object]:
    return {
        "forenames": terms.forenames,
        "surname": terms.surname,
        "born_on": terms.born_on,
        "age": terms.age,
        "place": terms.district,
        "reference": " ".join(terms.numbers),
    }


def _table(found: Candidates) -> Table:
    return Table(
        "Children found",
        [Column("Child"), Column("Age"), Column("District"), Column("Why this one"), Column("Known to")],
        [
            Row(
                [
                    Cell(one.shown.name, href=f"/children/{one.person_id}/"),
                    one.shown.age or "not known",
                    one.shown.district or "not known",
                    _sentence(one.reasons),
                    ", ".join(one.shown.sources),
                ],
                anchor=f"child-{one.person_id}",
            )
            for one in found.candidates
        ],
        key_rows=True,
        caption_hidden=True,
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
