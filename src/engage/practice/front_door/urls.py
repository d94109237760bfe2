from django.urls import path

from . import views

app_name = "front_door"

urlpatterns = [
    path("", views.letters, name="letters"),
    path("<uuid:letter_id>/", views.letter, name="letter"),
    path("<uuid:letter_id>/open/", views.open_letter, name="open_letter"),
]
