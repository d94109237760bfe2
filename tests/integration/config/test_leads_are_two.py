"""Nobody reviews a look of their own: the installation says where there are too few who could."""

import pytest

from engage.config.commands import say_if_leads_are_missing
from engage.practice.agencies.models import Staff

pytestmark = pytest.mark.django_db


def test_an_installation_with_one_lead_is_told_so_and_one_with_two_is_not(people_at_work, capsys):
    say_if_leads_are_missing()
    assert capsys.readouterr().err == ""
    leads = Staff.objects.filter(role="dpo_audit")
    leads.exclude(pk=leads.first().pk).update(status="left")
    say_if_leads_are_missing()
    assert "Fewer than two" in capsys.readouterr().err
