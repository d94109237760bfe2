from django.apps import AppConfig


class SisterTeamsConfig(AppConfig):
    name = "engage.practice.sister_teams"
    label = "sister_teams"

    def ready(self) -> None:
        from engage.practice.access.rewrapping import also_checked, also_sealed

        from .sealing import check_all, seal_anew

        also_sealed.append(seal_anew)
        also_checked.append(("Keys and tokens of sister teams", check_all))
