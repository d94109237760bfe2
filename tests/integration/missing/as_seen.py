"""What somebody sees: an episode, or a page without what differs each time."""

import re

from engage.practice.access.gate import acting_as
from engage.practice.missing import queries

CHANGES_EACH_TIME = re.compile(r'(nonce|name="csrfmiddlewaretoken" value)="[^"]*"')


def seen(people_at_work, now, code, report_id):
    reader = people_at_work[code]
    with acting_as(reader, now=now):
        return queries.episode(report_id, reader)


def body(response):
    return CHANGES_EACH_TIME.sub("", response.content.decode())
