from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "engage.practice.access"
    label = "access"

    def ready(self) -> None:
        from . import open_routes  # noqa: F401 (registers the check of the routes)
