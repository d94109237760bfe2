from django.apps import AppConfig


class FrontDoorConfig(AppConfig):
    name = "engage.practice.front_door"
    label = "front_door"
