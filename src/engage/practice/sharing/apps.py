from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "engage.practice.sharing"
    label = "sharing"
