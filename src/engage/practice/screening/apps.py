from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "engage.practice.screening"
    label = "screening"

    def ready(self):
        from engage.practice.people.grouping import after_regroup
        from engage.practice.people.queries import open_business
        from engage.practice.people.waiting import what_is_open
        from engage.practice.sharing import offer

        from .actions import open_first_looks
        from .queries.listing import looks_awaited, waiting_causes
        from .queries.telling import judgement_in_force

        # The judgement in force may be told: its level and date, never the reasons.
        offer.shareable.append(judgement_in_force)

        # Who is who has changed: each child keeps, or gets back, a look of their own.
        after_regroup.append(lambda person_ids, now: open_first_looks(person_ids, now=now))
        # A pair that touches a child who waits for a look is worth somebody's time.
        open_business.append(lambda reader: waiting_causes(reader).values("person_id"))
        what_is_open.append(looks_awaited)
