from django.urls import path

from . import views

app_name = "receiving"

urlpatterns = [
    path("", views.files, name="files"),
    path("held/", views.held, name="held"),
    path("persons-of-concern/", views.persons_of_concern, name="persons_of_concern"),
    path("persons-of-concern/<uuid:concern_id>/", views.person_of_concern, name="person_of_concern"),
    path("hand-in/", views.hand_in, name="hand_in"),
    path("hand-in/<uuid:upload_id>/", views.preview, name="preview"),
    path("hand-in/<uuid:upload_id>/progress/", views.progress, name="progress"),
    path("<uuid:file_id>/", views.receipt, name="receipt"),
    path("<uuid:file_id>/rows-to-mend.csv", views.rows_to_mend, name="rows_to_mend"),
]
