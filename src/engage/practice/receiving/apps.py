from django.apps import AppConfig


class ReceivingConfig(AppConfig):
    name = "engage.practice.receiving"
    label = "receiving"

    def ready(self) -> None:
        from engage.practice.access.rewrapping import also_checked
        from engage.practice.receiving.uploads import check_all

        also_checked.append(("Files handed in and not yet received", check_all))
        # The first-look page says when each agency's files last arrived; screening comes before receiving.
        from engage.practice.receiving.queries import last_files
        from engage.practice.screening.views import agencies_last_heard

        agencies_last_heard.append(last_files)
