from django.urls import path

from . import views, views_looking, views_registers, views_signed_in

app_name = "access"

urlpatterns = [
    path("agreements/", views.agreements, name="agreements"),
    path("agreements/<str:agreement_code>/", views.agreement, name="agreement"),
    path("agreements/<str:agreement_code>/new-version/", views.propose_version, name="propose_version"),
    path("agreements/<str:agreement_code>/end/", views.propose_end, name="propose_end"),
    path("proposals/new/", views.propose, name="propose"),
    path("proposals/<uuid:proposal_id>/", views.proposal, name="proposal"),
    path("proposals/<uuid:proposal_id>/approve/", views.approve, name="approve"),
    path("proposals/<uuid:proposal_id>/refuse/", views.refuse, name="refuse"),
    path("proposals/<uuid:proposal_id>/withdraw/", views.withdraw, name="withdraw"),
    path("what-may/", views.what_may, name="what_may"),
    path("who-may/", views.who_may, name="who_may"),
    path("registers/", views_registers.article_30, name="registers"),
    path("registers/article-30.csv", views_registers.article_30_as_file, name="registers_as_file"),
    path("looks/", views_looking.start, name="looks"),
    path("looks/children/<uuid:person_id>/", views_looking.at_child, name="looks_at_child"),
    path("looks/children/<uuid:person_id>/told/", views_looking.told, name="looks_told"),
    path("looks/people/<uuid:staff_id>/", views_looking.by_person, name="looks_of_person"),
    path("looks/agencies/<str:agency_code>/", views_looking.by_agency, name="looks_of_agency"),
    path("looks/to-explain/", views_looking.to_explain, name="looks_to_explain"),
    path("looks/to-explain/<uuid:look_id>/", views_looking.one_look, name="look_to_explain"),
    path("alarms/<uuid:alarm_id>/", views_looking.alarm, name="alarm"),
    path("signed-in/", views_signed_in.signed_in, name="signed_in"),
    path("signed-in/stay/", views_signed_in.stay, name="stay"),
    path("signed-in/who/", views_signed_in.who_is, name="who_is"),
    path("signed-in/others/end/", views_signed_in.end_others, name="end_others"),
    path("signed-in/<uuid:sign_in_id>/end/", views_signed_in.end_one, name="end_one"),
    path("sign-outs/", views_signed_in.sign_outs, name="sign_outs"),
]
