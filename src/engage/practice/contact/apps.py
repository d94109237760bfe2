from django.apps import AppConfig


class ContactConfig(AppConfig):
    name = "engage.practice.contact"
    label = "contact"

    def ready(self):
        from engage.practice.people import finding, mixtures

        from .noticing import searched
        from .queries import sent_of

        # Who holds a restricted record is told, later and elsewhere, that somebody searched for the child.
        finding.after_search.append(searched)
        mixtures.received.append(sent_of)
