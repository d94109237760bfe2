"""SECURITY.md, the record of processing and the impact assessment say what the code is."""

import re
from pathlib import Path

from tests.architecture.test_asvs import is_there

from engage.config.documents import article_30, dpia
from engage.config.documents.data_model import our_models
from engage.practice.access.gate import GuardedManager
from engage.practice.access.policy import policy_text
from engage.practice.agencies.models import Agency
from engage.reference import categories, lawful_bases, retention_periods, risks, roles

ROOT = Path(__file__).resolve().parents[2]
DPIA, ARTICLE_30 = dpia.page(), article_30.page()


def test_every_guarded_table_and_every_rule_is_in_the_impact_assessment():
    guarded = [one for one in our_models() if isinstance(one._default_manager, GuardedManager)]
    assert len(guarded) > 20
    assert [one._meta.db_table for one in guarded if f"| `{one._meta.db_table}` |" not in DPIA] == []
    rules = re.findall(r'@id\("([^"]+)"\)', policy_text())
    assert [one for one in rules if f"| `{one}` |" not in DPIA] == []


def test_tables_named_by_hand_are_there():
    named = {*dpia.CATEGORIES, *dpia.PERSONAL_WITHOUT_WALL, *dpia.NOT_ACCOUNTED}
    assert named - {one.__name__ for one in our_models()} == set()


def test_who_reads_sexual_health_notes_is_said_as_the_policy_has_it():
    (line,) = re.findall(r"^\| C10 \|.*$", DPIA.split("### Own agency's")[1].split("###")[0], re.MULTILINE)
    assert line.endswith("| sexual-health adviser |")
    assert "C17" not in DPIA.split("### Another agency's, by an agreement: children")[1].split("###")[0]


def test_every_risk_names_what_holds_its_measure_and_what_remains():
    assert len(risks()) > 15
    assert [one.risk for one in risks() if not is_there(one.held_by)] == []
    assert [one.risk for one in risks() if not (one.for_whom and one.measure and one.remains)] == []


def test_the_record_of_processing_has_every_purpose_category_role_basis_and_period():
    assert [role for role in roles() if f"| `{role}` |" not in ARTICLE_30] == []
    assert [one for one in categories() if f"| {one} |" not in ARTICLE_30] == []
    kinds = [kind.label for kind in Agency.Kind if kind != Agency.Kind.SYSTEM]
    assert [one for one in kinds if f"### {one}\n" not in ARTICLE_30] == []
    assert [one.statute for one in lawful_bases() if one.statute not in ARTICLE_30] == []
    assert [one.record for one in retention_periods() if f"| {one.record} |" not in ARTICLE_30] == []


def test_security_names_no_real_address_and_says_what_is_not_defended():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    addresses = re.findall(r"[\w.+-]+@[\w.-]+", text)
    assert addresses and all(one.endswith(".invalid") for one in addresses)
    undefended = text.partition("### Not defended")[2]
    assert undefended.count("\n- **") >= 8
    assert "not ready for real children" in text
