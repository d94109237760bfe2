from django.urls import path

from . import views

app_name = "people"

urlpatterns = [
    path("pairs/", views.pairs, name="pairs"),
    path("pairs/<uuid:pair_id>/", views.pair, name="pair"),
    path("children/new/", views.new_child, name="new_child"),
    path("children/<uuid:person_id>/restriction/", views.restriction, name="restriction"),
    path("children/<uuid:person_id>/restriction/lift/", views.lift_restriction, name="lift_restriction"),
    path("children/<uuid:person_id>/conflict/", views.conflict, name="conflict"),
    path("children/<uuid:person_id>/records/", views.records, name="records"),
    path("children/<uuid:person_id>/records/<uuid:judgement_id>/undo/", views.undo_judgement, name="undo"),
]
