from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "engage.practice.sharing"
    label = "sharing"

    def ready(self):
        from engage.practice.people import mixtures

        from .queries import sent_of

        # Who was sent something of two people who stood as one has to know, as who looked has.
        mixtures.received.append(sent_of)
