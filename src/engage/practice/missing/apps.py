from django.apps import AppConfig


class MissingConfig(AppConfig):
    name = "engage.practice.missing"
    label = "missing"
