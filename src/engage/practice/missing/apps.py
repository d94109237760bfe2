from django.apps import AppConfig


class MissingConfig(AppConfig):
    name = "engage.practice.missing"
    label = "missing"

    def ready(self):
        from engage.practice.people import grouping
        from engage.practice.people import queries as people

        from .actions.episodes import derive_episodes
        from .queries import open_business

        # Who is who has changed: so may have which reports tell of one time missing.
        grouping.after_regroup.append(lambda person_ids, now: derive_episodes(person_ids, now=now))
        people.open_business.append(open_business)
