from django.urls import path

from . import views

app_name = "retention"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("adopt/", views.adopt, name="adopt"),
    path("schedules/<uuid:schedule_id>/end/", views.end_schedule, name="end_schedule"),
    path("holds/new/", views.new_hold, name="new_hold"),
    path("holds/<uuid:hold_id>/", views.hold, name="hold"),
    path("holds/<uuid:hold_id>/end/", views.end_hold, name="end_hold"),
    path("plan/", views.make_plan, name="make_plan"),
    path("plans/<uuid:plan_id>/", views.plan, name="plan"),
    path("plans/<uuid:plan_id>/approve/", views.approve, name="approve"),
    path("plans/<uuid:plan_id>/close/", views.close, name="close"),
]
