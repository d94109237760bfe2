from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "engage.practice.access"
    label = "access"
