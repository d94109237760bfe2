from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "engage.practice.access"
    label = "access"

    def ready(self) -> None:
        from allauth.mfa.models import Authenticator
        from django.db.models.signals import pre_save

        from . import open_routes, recovery_codes  # noqa: F401 (the first registers the check of the routes)

        pre_save.connect(recovery_codes.keep_no_seed, sender=Authenticator, dispatch_uid="keep_no_seed")
