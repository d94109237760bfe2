from django.apps import AppConfig


class PublicationConfig(AppConfig):
    name = "engage.practice.publication"
    label = "publication"
