from django.urls import path

from . import views, views_location, views_outgoing, views_signposts

app_name = "contact"

CONTACT = "children/<uuid:person_id>/contact/"
urlpatterns = [
    path(CONTACT, views.contact, name="contact"),
    path(f"{CONTACT}ways/new/", views.new_way, name="new_way"),
    path("contact/ways/<uuid:way_id>/", views.way, name="way"),
    path("contact/ways/<uuid:way_id>/correct/", views.correct_way, name="correct_way"),
    path(f"{CONTACT}not-to/new/", views.new_not_to, name="new_not_to"),
    path("contact/not-to/<uuid:not_to_id>/", views.not_to, name="not_to"),
    path("contact/not-to/<uuid:not_to_id>/correct/", views.correct_not_to, name="correct_not_to"),
    path(f"{CONTACT}letter/", views_outgoing.letter, name="letter"),
    path(f"{CONTACT}call/", views_outgoing.call, name="call"),
    path(f"{CONTACT}location/", views_location.protect, name="location"),
    path(f"{CONTACT}location/lift/", views_location.lift, name="lift_location"),
    path("access/protected/", views_location.few, name="few_named"),
    path("access/signposts/", views_signposts.signposts, name="signposts"),
    path("contact/outgoing/<uuid:outgoing_id>/", views_outgoing.one_outgoing, name="outgoing"),
    path("contact/outgoing/<uuid:outgoing_id>/print/", views_outgoing.print_letter, name="print_letter"),
]
