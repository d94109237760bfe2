from django.urls import path

from . import child, help, search, stepping, today, whole_lists

app_name = "desk"

urlpatterns = [
    path("step-in/", stepping.step_in, name="step_in"),
    path("step-out/", stepping.step_out, name="step_out"),
    path("today/", today.today, name="today"),
    path("today/<slug:name>/", today.today_part, name="today_part"),
    path("today/<slug:name>/all/", whole_lists.whole_list, name="whole_list"),
    path("children/<uuid:person_id>/", child.child, name="child"),
    path("search/", search.search, name="search"),
    path("help/", help.help_page, name="help"),
]
