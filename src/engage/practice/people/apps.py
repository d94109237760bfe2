from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "engage.practice.people"
    label = "people"
