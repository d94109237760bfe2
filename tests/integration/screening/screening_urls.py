"""The site with first looks, whether or not the site's own addresses name them yet."""

from django.urls import include, path

from engage.config.urls import urlpatterns as of_the_site

handler404 = "engage.practice.access.doors.not_found"
urlpatterns = [path("first-looks/", include("engage.practice.screening.urls")), *of_the_site]
