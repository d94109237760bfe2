from django.apps import AppConfig


class BundlesConfig(AppConfig):
    name = "engage.practice.bundles"
    label = "bundles"
