from django.urls import path

from . import views, views_registers

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
]
