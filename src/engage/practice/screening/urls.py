from django.urls import path

from . import views

app_name = "screening"

urlpatterns = [
    path("", views.first_looks, name="first_looks"),
    path("<uuid:person_id>/", views.first_look, name="first_look"),
    path("<uuid:person_id>/take/", views.take, name="take"),
    path("<uuid:person_id>/hand-back/", views.hand_back, name="hand_back"),
]
