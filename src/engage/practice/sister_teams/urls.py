from django.urls import path

from . import views

app_name = "sister_teams"

urlpatterns = [
    path("children/<uuid:person_id>/sister-teams/", views.ask, name="ask"),
    path("children/<uuid:person_id>/sister-teams/<uuid:sister_question_id>/", views.asked, name="asked"),
    path("access/sister-teams/", views.overview, name="overview"),
    path("access/sister-teams/<uuid:volume_alarm_id>/", views.alarm, name="alarm"),
]
