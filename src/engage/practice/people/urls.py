from django.urls import path

from . import views, views_family, views_linkage, views_mixtures, views_restricting, views_sealing

app_name = "people"

urlpatterns = [
    path("pairs/", views.pairs, name="pairs"),
    path("pairs/<uuid:pair_id>/", views.pair, name="pair"),
    path("linkage/", views_linkage.holding, name="linkage"),
    path("linkage/changes/", views_linkage.changes, name="linkage_changes"),
    path("linkage/decided/", views_linkage.decided, name="linkage_decided"),
    path("linkage/keys/", views_linkage.keys, name="linkage_keys"),
    path("mixtures/<uuid:mixture_id>/", views_mixtures.mixture, name="mixture"),
    path("children/new/", views.new_child, name="new_child"),
    path("children/<uuid:person_id>/restriction/", views_restricting.restriction, name="restriction"),
    path(
        "children/<uuid:person_id>/restriction/lift/",
        views_restricting.lift_restriction,
        name="lift_restriction",
    ),
    path("children/<uuid:person_id>/conflict/", views_restricting.conflict, name="conflict"),
    path("children/<uuid:person_id>/seal/", views_sealing.seal, name="seal"),
    path("sealed/", views_sealing.sealed, name="sealed"),
    path("sealed/offers/<uuid:handover_id>/", views_sealing.offer, name="sealed_offer"),
    path("sealed/<uuid:item_id>/", views_sealing.item, name="sealed_item"),
    path("sealed/<uuid:item_id>/hand-over/", views_sealing.hand_over, name="hand_over_sealed"),
    path("sealed/<uuid:item_id>/unseal/", views_sealing.unseal, name="unseal"),
    path("children/<uuid:person_id>/records/", views.records, name="records"),
    path("children/<uuid:person_id>/family/", views_family.family, name="family"),
    path("children/<uuid:person_id>/records/<uuid:judgement_id>/undo/", views.undo_judgement, name="undo"),
]
