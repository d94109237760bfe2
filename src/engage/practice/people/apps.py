from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "engage.practice.people"
    label = "people"

    def ready(self) -> None:
        from engage.practice.access.who_looked import ChildrenAskedAbout, children_asked_about

        from .asked_about import by_reference, records

        children_asked_about.append(ChildrenAskedAbout(by_reference, records))
