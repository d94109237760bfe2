from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "engage.practice.screening"
    label = "screening"
