from django.apps import AppConfig


class BreachesConfig(AppConfig):
    name = "engage.practice.breaches"
    label = "breaches"
