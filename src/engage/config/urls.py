from django.urls import include, path
from django.views.generic import RedirectView

from engage.practice.access.views_invitation import invitation
from engage.practice.access.views_recovery_codes import RecoveryCodesPage
from engage.practice.sister_teams.api import api

handler404 = "engage.practice.access.doors.not_found"

urlpatterns = [
    path("", RedirectView.as_view(url="/today/")),
    path("", include("engage.desk.urls")),
    path("", include("engage.practice.people.urls")),
    path("", include("engage.practice.contact.urls")),
    path("", include("engage.practice.sharing.urls")),
    path("", include("engage.practice.bundles.urls")),
    path("", include("engage.practice.breaches.urls")),
    path("", include("engage.practice.sister_teams.urls")),
    path("episodes/", include("engage.practice.missing.urls")),
    path("first-looks/", include("engage.practice.screening.urls")),
    path("access/retention/", include("engage.practice.retention.urls")),
    path("access/", include("engage.practice.access.urls")),
    path("letters/", include("engage.practice.front_door.urls")),
    path("files/", include("engage.practice.receiving.urls")),
    path("api/", api.urls),
    path("invitation/", invitation, name="invitation"),
    path("accounts/2fa/recovery-codes/", RecoveryCodesPage.as_view(), name="mfa_view_recovery_codes"),
    path("accounts/", include("allauth.urls")),
]
