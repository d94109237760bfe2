from django.urls import include, path
from django.views.generic import RedirectView

handler404 = "engage.practice.access.doors.not_found"

urlpatterns = [
    path("", RedirectView.as_view(url="/today/")),
    path("", include("engage.desk.urls")),
    path("accounts/", include("allauth.urls")),
]
