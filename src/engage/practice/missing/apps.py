from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from engage.reference import repeat_triggers


class MissingConfig(AppConfig):
    name = "engage.practice.missing"
    label = "missing"

    def ready(self):
        from engage.practice.people import grouping, waiting
        from engage.practice.people import queries as people
        from engage.practice.sharing import offer

        from .actions.episodes import derive_episodes
        from .forms import GRADE_WORDS
        from .queries import open_business
        from .telling import open_for, times_missing

        # A setting that cannot be read stops the start, not the page of a child.
        if unknown := set(settings.GRADES_FOR_CHILDREN) - set(GRADE_WORDS):
            raise ImproperlyConfigured(
                f"ENGAGE_GRADES_FOR_CHILDREN names no grade of ours: {sorted(unknown)}"
            )
        try:
            repeat_triggers(settings.REPEAT_TRIGGERS)
        except (OSError, ValueError) as problem:
            raise ImproperlyConfigured(f"ENGAGE_REPEAT_TRIGGERS cannot be read: {problem}") from problem

        # Who is who has changed: so may have which reports tell of one time missing.
        grouping.after_regroup.append(lambda person_ids, now: derive_episodes(person_ids, now=now))
        people.open_business.append(open_business)
        waiting.what_is_open.append(open_for)
        offer.shareable.append(times_missing)
