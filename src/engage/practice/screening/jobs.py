"""Nobody stays unlooked-at: every minute, whoever a crash or a deed at a desk left behind is brought up to date."""

from __future__ import annotations

from procrastinate.contrib.django import app

from engage.practice.access.doors import clock

from .actions import sweep_first_looks


# The demo's clock may be set, so the time of the schedule is not the time the sweep works at.
@app.periodic(cron="* * * * *", periodic_id="sweep_first_looks")
@app.task(
    name="sweep_first_looks", queue="screening", lock="sweep_first_looks", queueing_lock="sweep_first_looks"
)
def sweep(timestamp: int) -> None:
    sweep_first_looks(now=clock())
