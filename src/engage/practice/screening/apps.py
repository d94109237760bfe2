from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "engage.practice.screening"
    label = "screening"

    def ready(self):
        from engage.practice.people.grouping import after_regroup

        from .actions import open_first_looks

        # Who is who has changed: each child keeps, or gets back, a look of their own.
        after_regroup.append(lambda person_ids, now: open_first_looks(person_ids, now=now))
