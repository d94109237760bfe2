from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "engage.practice.agencies"
    label = "agencies"
