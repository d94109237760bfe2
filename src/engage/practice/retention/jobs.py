"""Every hour: what two approved and what has cooled off is destroyed. Every month: what a plan would destroy is looked up."""

from __future__ import annotations

from procrastinate.contrib.django import app

from engage.practice.access.doors import clock

from .actions import carry_out_what_has_cooled, plan_where_none_waits


@app.periodic(cron="23 * * * *", periodic_id="carry_out_plans")
@app.task(name="carry_out_plans", queue="retention", lock="carry_out_plans", queueing_lock="carry_out_plans")
def carry_out_plans(timestamp: int) -> None:
    carry_out_what_has_cooled(now=clock())


@app.periodic(cron="41 3 1 * *", periodic_id="plan_destruction")
@app.task(
    name="plan_destruction", queue="retention", lock="plan_destruction", queueing_lock="plan_destruction"
)
def plan_destruction(timestamp: int) -> None:
    plan_where_none_waits(now=clock())
