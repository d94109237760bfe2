from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "engage.practice.people"
    label = "people"

    def ready(self) -> None:
        from engage.practice.access.who_looked import ChildrenAskedAbout, children_asked_about

        from . import grouping
        from .actions.protecting import follow_records
        from .asked_about import by_reference, records

        children_asked_about.append(ChildrenAskedAbout(by_reference, records))
        # What is joined to a child whose address is protected is protected like it.
        grouping.after_regroup.append(follow_records)
