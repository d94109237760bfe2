from django.urls import path

from . import views

app_name = "breaches"

urlpatterns = [
    path("breaches/", views.breaches, name="breaches"),
    path("breaches/new/", views.new, name="new"),
    path("breaches/<uuid:breach_id>/", views.breach, name="breach"),
    path("sharing/<uuid:disclosure_id>/breach/", views.of_disclosure, name="of_disclosure"),
]
