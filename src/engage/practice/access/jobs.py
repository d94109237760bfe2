"""Every minute: entries get their places, the ledger is signed, and partners' witnesses are asked to cosign it."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from .doors import clock
from .ledger import USUALLY_WITHIN, sequence
from .ledger_keys import witnesses
from .witnesses import Answer, ask_witnesses

log = logging.getLogger(__name__)


# Without procrastinate's lock, which a killed job would keep; the database's own lets one work at a time.
@app.periodic(cron="* * * * *", periodic_id="sequence_ledger")
@app.task(name="sequence_ledger", queue="ledger", queueing_lock="sequence_ledger")
def sequence_ledger(timestamp: int) -> None:
    now = clock()
    everything = timestamp % 3600 < 60
    sequence(now=now, since=None if everything else now - USUALLY_WITHIN)
    for asked in ask_witnesses(witnesses(), now=now):
        if asked.answer != Answer.COSIGNED:
            level = logging.ERROR if asked.answer == Answer.CONTRADICTED else logging.WARNING
            log.log(level, "Witness %s %s. %s", asked.witness, asked.answer, asked.sentence)
