from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "engage.practice.retention"
    label = "retention"

    def ready(self):
        from engage.practice.access.registers import adopted_periods
        from engage.practice.receiving.actions.not_again import not_again

        from .queries import destroyed_before
        from .tables import adopted_rows

        # What was destroyed under a schedule does not come back with the next file.
        not_again.append(destroyed_before)
        # The record of processing says how long each agency keeps what.
        adopted_periods.append(adopted_rows)
