from django.urls import include, path

handler404 = "engage.practice.access.doors.not_found"

urlpatterns = [
    path("accounts/", include("allauth.urls")),
]
