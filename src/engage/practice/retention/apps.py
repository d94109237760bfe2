from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "engage.practice.retention"
    label = "retention"

    def ready(self):
        from engage.practice.receiving.actions.not_again import not_again

        from .queries import destroyed_before

        # What was destroyed under a schedule does not come back with the next file.
        not_again.append(destroyed_before)
