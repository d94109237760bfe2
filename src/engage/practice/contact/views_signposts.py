"""The signposts of an agency: what its lead lets others be told of what it holds."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from engage.govuk.components import Column, Row, Table
from engage.govuk.london_time import date_words
from engage.practice.access.doors import staff_page
from engage.reference import categories

from . import permissions, signposting
from .forms import SignpostForm
from .views import done


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("signposts")
def signposts(request: HttpRequest) -> HttpResponse:
    by, now = request.staff, request.now
    permissions.may_set_signposts(by).enforce()
    standing = list(signposting.signposts_of(by).select_related("set_by"))
    ended = request.POST.get("take_down", "")
    form = SignpostForm(
        request.POST if request.method == "POST" and not ended else None,
        choices=signposting.may_point_to(),
        initial={"telephone": by.agency.telephone},
    )

    def keep() -> None:
        said = form.cleaned_data
        signposting.set_signpost(said["category"], telephone=said["telephone"], by=by, now=now)

    if request.method == "POST" and ended:
        signposting.take_down(ended, by=by, now=now)
        messages.success(request, "Taken down.")
        return redirect("contact:signposts")
    if request.method == "POST" and form.is_valid() and done(form, keep):
        messages.success(
            request, "Set: those who work with a child are told when your agency holds more of this."
        )
        return redirect("contact:signposts")
    titles = categories()
    return TemplateResponse(
        request,
        "contact/signposts.html",
        {
            "current_section": "access",
            "back_link": "/access/agreements/",
            "agency": by.agency,
            "form": form,
            "standing": [(one, titles[one.category]) for one in standing],
            "table": Table(
                "Signposts that stand",
                [Column("Kind of data"), Column("Whom to ring"), Column("Since"), Column("Set by")],
                [
                    Row([titles[one.category], one.telephone, date_words(one.starts_at), one.set_by.name])
                    for one in standing
                ],
                empty_text="None: no page says or hints that your agency holds anything of a child.",
            ),
        },
    )
