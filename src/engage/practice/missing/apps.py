from django.apps import AppConfig


class MissingConfig(AppConfig):
    name = "engage.practice.missing"
    label = "missing"

    def ready(self):
        from engage.practice.people import grouping

        from .actions.episodes import derive_episodes

        # Who is who has changed: so may have which reports tell of one time missing.
        grouping.after_regroup.append(lambda person_ids, now: derive_episodes(person_ids, now=now))
