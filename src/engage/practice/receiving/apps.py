from django.apps import AppConfig


class ReceivingConfig(AppConfig):
    name = "engage.practice.receiving"
    label = "receiving"
