"""Rights that end, nobody at work, connections used again: the usual run of `./run bench fail-closed`."""

from uuid import uuid4

import pytest
from bench._closing import READER, TRIALS
from bench.fail_closed import FAULTS, noticed_after, small_world, try_all
from django.db.models import F
from django.http import HttpResponse
from django.test import RequestFactory
from tests.integration.receiving.own_database import a_database_of_its_own

from engage.demo.at_hand import staff_called
from engage.practice.access.doors import clock, staff_page
from engage.practice.access.gate import acting, acting_as
from engage.practice.access.models import ReadingAlarm
from engage.practice.agencies.models import Agency
from engage.practice.agencies.sessions import SessionStore

pytestmark = pytest.mark.xdist_group("fails closed")  # of one world, committed into a database of its own


@pytest.fixture(scope="module")
def world(template_database, tmp_path_factory, django_db_blocker, django_db_setup):
    folder = tmp_path_factory.mktemp("fails-closed")
    with (
        a_database_of_its_own(template_database, folder, django_db_blocker.unblock) as own,
        own.doors_open(),
        small_world() as made,
    ):
        yield made


def test_a_page_whose_word_left_behind_was_overtaken_is_put_together_anew(world):
    """Two people open one thing at the same moment: both see it, and neither an error."""
    agency, shown = Agency.objects.get(code="BWD-CSC"), []

    @staff_page("trial_overtaken")
    def view(request):
        shown.append(Agency.objects.get(pk=agency.pk).telephone)
        if len(shown) == 1:
            world.as_reader(lambda: Agency.objects.filter(pk=agency.pk).update(telephone="01632 960111"))
        Agency.objects.filter(pk=agency.pk).update(telephone="01632 960112")
        return HttpResponse("shown")

    request = RequestFactory().get("/trial/")
    request.user, request.session = staff_called(READER).user, SessionStore(world.session)
    try:
        assert view(request).content == b"shown"
        assert shown == [agency.telephone, "01632 960111"]
    finally:
        Agency.objects.filter(pk=agency.pk).update(telephone=agency.telephone)


def test_a_page_whose_alarm_was_raised_by_another_tab_is_put_together_anew(world, settings):
    settings.LISTED_ALARM, reader, tries = 0, staff_called(READER), []

    def other_tab():
        with acting_as(reader, now=clock()):
            ReadingAlarm.objects.visible_to(reader).update(within_minutes=F("within_minutes"))

    @staff_page("trial_alarm")
    def view(request):
        tries.append(acting().shown.add(uuid4()))
        acting().kinds_read.add("people.record")
        if len(tries) == 2:
            world.as_reader(other_tab)
        return HttpResponse("shown")

    request = RequestFactory().get("/trial/")
    request.user, request.session = reader.user, SessionStore(world.session)
    assert view(request).content == view(request).content == b"shown"
    assert len(tries) == 3


def test_500_trials_leave_nothing_open(world):
    tally = try_all(world, 500, seed=1)
    assert tally.found == []
    assert set(tally.trials) == set(TRIALS) and min(tally.trials.values()) >= 16


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_one_wall_is_noticed(name, world):
    assert noticed_after(world, name, seed=1)
