"""Every minute: whoever holds a restricted record is told that somebody searched for the child."""

from __future__ import annotations

from procrastinate.contrib.django import app

from engage.practice.access.doors import clock

from .noticing import notice_searches


# Without procrastinate's lock, which a killed job would keep: who is told twice within the day is told once.
@app.periodic(cron="* * * * *", periodic_id="notice_searches")
@app.task(name="notice_searches", queue="contact", queueing_lock="notice_searches")
def notice(timestamp: int) -> None:
    notice_searches(now=clock())
