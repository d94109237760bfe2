"""Each night our filter is made anew under a new key; each hour former keys go and older filters are fetched anew."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from procrastinate.contrib.django import app

from engage.practice.access.doors import clock

from .filters import destroy_former_keys, fetch_filter, make_filter
from .models import HeldFilter, SisterTeam
from .wire import NotAnswered

log = logging.getLogger(__name__)
A_DAY = timedelta(days=1)


@app.periodic(cron="17 2 * * *", periodic_id="make_sister_filter")
@app.task(name="make_sister_filter", queue="sister_teams", queueing_lock="make_sister_filter")
def make_sister_filter(timestamp: int) -> None:
    if settings.SISTER_QUERIES and SisterTeam.objects.filter(left_at=None).exists():
        make_filter(now=clock())


@app.periodic(cron="47 * * * *", periodic_id="look_after_sister_filters")
@app.task(name="look_after_sister_filters", queue="sister_teams", queueing_lock="look_after_sister_filters")
def look_after_sister_filters(timestamp: int) -> None:
    now = clock()
    destroy_former_keys(now=now)
    for sister in _with_an_old_filter(now) if settings.SISTER_QUERIES else ():
        try:
            fetch_filter(sister, now=now)
        except NotAnswered as problem:
            log.warning("The filter of sister team %s was not fetched. %s", sister.code, problem)


def _with_an_old_filter(now: datetime) -> list[SisterTeam]:
    fresh = HeldFilter.objects.filter(made_at__gt=now - A_DAY).values_list("sister_id", flat=True)
    return list(SisterTeam.objects.filter(left_at=None).exclude(pk__in=list(fresh)))
