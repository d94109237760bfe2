"""The one page on which an invitation is used; whoever opens it is nobody yet."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from engage.govuk.forms import GovukForm

from .bound_accounts import INVITED, invitation_with
from .doors import clock


class InvitationForm(GovukForm):
    code = forms.CharField(
        label="Invitation code",
        help_text="From your agency’s administrator. It works once, for three days",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        found = invitation_with(form.cleaned_data["code"], clock())
        if found is not None:
            request.session[INVITED] = str(found.pk)
            # On a shared desk a colleague may still be signed in there: whoever holds the code shows that it is they.
            return redirect(f"{reverse('openid_connect_login', args=[found.provider])}?again=1")
        form.add_error(
            "code", "This code is not valid, or no longer. Check it, or ask your administrator for a new one"
        )
    return render(request, "access/invitation.html", {"form": form, "signed_in": None})
