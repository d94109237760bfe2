from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "engage.practice.agencies"
    label = "agencies"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added
        from django.contrib.auth.signals import user_logged_in

        from . import sign_in

        authenticator_added.connect(sign_in.factor_added, dispatch_uid="factor_added")
        user_logged_in.connect(sign_in.signed_in, dispatch_uid="signed_in")
