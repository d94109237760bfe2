from django.apps import AppConfig


class ContactConfig(AppConfig):
    name = "engage.practice.contact"
    label = "contact"

    def ready(self):
        from engage.practice.people import finding

        from .noticing import searched

        # Who holds a restricted record is told, later and elsewhere, that somebody searched for the child.
        finding.after_search.append(searched)
