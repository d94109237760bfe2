from django.apps import AppConfig


class BundlesConfig(AppConfig):
    name = "engage.practice.bundles"
    label = "bundles"

    def ready(self):
        from engage.practice.people import mixtures

        from .queries import handed_over_of

        # A bundle of two people who stood as one tells the one's family of the other.
        mixtures.received.append(handed_over_of)
