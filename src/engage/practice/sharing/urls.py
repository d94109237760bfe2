from django.urls import path

from . import views, views_asking, views_emergency

app_name = "sharing"

urlpatterns = [
    path("sharing/", views.sharing, name="sharing"),
    path("sharing/requests/", views_asking.requests, name="requests"),
    path("sharing/requests/<uuid:request_id>/", views_asking.one_request, name="request"),
    path("children/<uuid:person_id>/ask/", views_asking.ask, name="ask"),
    path("emergency/", views_emergency.take, name="emergency"),
    path("emergency/<uuid:emergency_id>/", views_emergency.one, name="emergency_access"),
    path("sharing/register/", views.register, name="register"),
    path("sharing/<uuid:disclosure_id>/", views.disclosure, name="disclosure"),
    path("sharing/<uuid:disclosure_id>/second/", views.second, name="second"),
    path("sharing/<uuid:disclosure_id>/reply/", views.reply, name="reply"),
    path("sharing/<uuid:disclosure_id>/recall/", views.recall, name="recall"),
    path("sharing/<uuid:disclosure_id>/shared.xlsx", views.as_file, name="as_file"),
    path("children/<uuid:person_id>/share/", views.share, name="share"),
    path("children/<uuid:person_id>/share/preview/", views.preview, name="preview"),
    path("children/<uuid:person_id>/share/not/", views.not_share, name="not_share"),
]
