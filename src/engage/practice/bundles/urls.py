from django.urls import path

from . import views, views_building

app_name = "bundles"

_EDITION = "bundles/editions/<uuid:bundle_id>/"
urlpatterns = [
    path("bundles/", views.listed, name="listed"),
    path("bundles/new/", views.new, name="new"),
    path("bundles/<uuid:bundle_request_id>/", views.one_request, name="request"),
    path("children/<uuid:person_id>/bundle/", views.gather, name="gather"),
    path(_EDITION, views_building.edition, name="edition"),
    path(f"{_EDITION}spans/<uuid:span_id>/", views_building.span, name="span"),
    path(f"{_EDITION}read/", views_building.read, name="read"),
    path(f"{_EDITION}release/", views_building.release, name="release"),
    path(f"{_EDITION}recall/", views_building.recall, name="recall"),
    path(f"{_EDITION}bundle.pdf", views_building.as_pdf, name="as_pdf"),
    path(f"{_EDITION}bundle.zip", views_building.as_sealed, name="as_sealed"),
]
