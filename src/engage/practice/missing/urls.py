from django.urls import path

from . import views

app_name = "missing"

urlpatterns = [
    path("held/", views.held, name="held"),
    path("held/<uuid:report_id>/", views.settle, name="settle"),
    path("<uuid:report_id>/", views.episode, name="episode"),
    path("<uuid:report_id>/entries/<uuid:entry_id>/take-back/", views.take_back, name="take_back"),
    path("<uuid:report_id>/return/", views.record_return, name="record_return"),
    path("<uuid:report_id>/located/", views.record_located, name="record_located"),
    path("<uuid:report_id>/grade/", views.regrade, name="regrade"),
    path("<uuid:report_id>/interview/offer/", views.offer_interview, name="offer_interview"),
    path("<uuid:report_id>/interview/held/", views.hold_interview, name="hold_interview"),
    path("<uuid:report_id>/interview/declined/", views.decline_interview, name="decline_interview"),
]
