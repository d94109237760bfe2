"""Addresses of the whole site, with those of missing episodes whether or not the site has them yet."""

from django.urls import include, path

from engage.config import urls as site

handler404 = site.handler404

urlpatterns = [path("episodes/", include("engage.practice.missing.urls")), *site.urlpatterns]
