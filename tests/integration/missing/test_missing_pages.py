import pytest
from as_seen import body
from october import at, on

from engage.demo.probing import told_apart
from engage.practice.missing.actions import PlacesInput, ReportInput
from engage.practice.missing.models import MissingReport

pytestmark = pytest.mark.urls("site_with_episodes")


@pytest.fixture
def report(scene):
    record = scene.record(scene.police)
    (told,) = scene.tell(
        scene.police_report(
            record,
            last_seen_at=at(31, 20),
            reported_at=at(31, 21),
            grade="high",
            places=PlacesInput(last_seen_place="Invented Park"),
        )
    )
    return told


def moment(name, day, clock):
    month = "10" if day > 5 else "11"
    return {f"{name}_day": str(day), f"{name}_month": month, f"{name}_year": "2026", f"{name}_time": clock}


def test_the_page_says_who_is_missing_since_when_and_what_each_source_says(browse, report):
    page = browse("ewan").get(f"/episodes/{report.pk}/")
    assert page.status_code == 200
    text = body(page)
    assert "Ada Brook" in text
    assert "37 hours so far" in text
    assert "What each source says" in text
    assert "Invented Park" not in text  # places are for who works with the child


def test_one_screen_records_the_return_and_the_page_shows_the_clock(browse, report, scene):
    ewan = browse("ewan")
    assert ewan.get(f"/episodes/{report.pk}/return/").status_code == 200
    answers = {"known": "time", "place": "At home", "found_by": "Came back alone", "checked": "not_yet"}
    answers |= moment("returned_at", 2, "8:00am")
    for _ in range(2):  # pressed twice
        sent = ewan.post(f"/episodes/{report.pk}/return/", answers)
        assert (sent.status_code, sent["Location"]) == (302, f"/episodes/{report.pk}/")
    (told,) = scene.reports(told_by="desk")
    assert told.returned_at.isoformat() == "2026-11-02T08:00:00+00:00"
    text = body(ewan.get(f"/episodes/{report.pk}/"))
    assert "Due in 71 hours" in text or "Due in 70 hours" in text
    assert "recorded in Engage" in text
    assert "At home" in text  # his own agency's word
    assert "At home" not in body(browse("amir").get(f"/episodes/{report.pk}/"))


def test_a_day_without_an_hour_shows_a_due_day(browse, report):
    ewan = browse("ewan")
    day = {"returned_on_day": "1", "returned_on_month": "11", "returned_on_year": "2026"}
    assert (
        ewan.post(f"/episodes/{report.pk}/return/", {"known": "day", "checked": "not_yet", **day}).status_code
        == 302
    )
    text = body(ewan.get(f"/episodes/{report.pk}/"))
    assert "Due on 4 November 2026. Only the day of the return is known" in text


def test_a_return_before_the_start_is_said_beside_the_field(browse, report, scene):
    answers = {"known": "time", "checked": "not_yet", **moment("returned_at", 31, "5:00pm")}
    text = body(browse("ewan").post(f"/episodes/{report.pk}/return/", answers))
    assert "cannot have come back before going missing" in text
    assert 'href="#id_returned_at_0"' in text
    assert not scene.reports(told_by="desk")


def test_located_grade_and_interview_each_have_one_screen(browse, report):
    ewan = browse("ewan")
    at_address = f"/episodes/{report.pk}"
    assert ewan.post(f"{at_address}/located/", moment("located_at", 1, "9:00am")).status_code == 302
    assert ewan.post(f"{at_address}/grade/", {"grade": "medium", "reason": "Heard from"}).status_code == 302
    answers = {"known": "time", "checked": "not_yet", **moment("returned_at", 1, "10:00am")}
    assert ewan.post(f"{at_address}/return/", answers).status_code == 302
    offered = {**moment("offered_at", 1, "11:00am"), "outcome": "accepted"}
    assert ewan.post(f"{at_address}/interview/offer/", offered).status_code == 302
    said = {"summary_for_team": "Ring first.", "independent": "yes", **moment("held_at", 2, "8:00am")}
    assert ewan.post(f"{at_address}/interview/held/", said).status_code == 302
    text = body(ewan.get(f"{at_address}/"))
    assert "Held 2 November 2026 at 8:00am, within 72 hours" in text
    assert "Ring first." in text
    refused = ewan.get(f"{at_address}/interview/declined/")
    assert refused.status_code == 403
    assert "This missing episode is closed" in body(refused)


def test_the_form_of_an_interview_asks_of_the_childs_other_episodes_and_may_be_sent_twice(
    browse, report, scene
):
    (earlier,) = scene.tell(
        scene.police_report(report.record_id, "P0", last_seen_at=at(20), returned_at=at(21), type="A")
    )
    ewan = browse("ewan")
    answers = {"known": "time", "checked": "not_yet", **moment("returned_at", 1, "10:00am")}
    ewan.post(f"/episodes/{report.pk}/return/", answers)
    address = f"/episodes/{report.pk}/interview/held/"
    assert f'value="{earlier.pk}"' in body(ewan.get(address))
    said = {"summary_for_team": "Ring first.", "independent": "yes", **moment("held_at", 2, "8:00am")}
    for _ in range(2):
        assert ewan.post(address, said | {"also_covers": [str(earlier.pk)]}).status_code == 302
    text = body(ewan.get(f"/episodes/{earlier.pk}/"))
    assert "Episodes covered" in text
    assert "Away without authorisation" in text


def test_who_may_see_and_not_do_reads_the_reason_on_the_page_and_at_the_form(browse, report):
    dina = browse("dina")
    assert "record that a child is back" in body(dina.get(f"/episodes/{report.pk}/"))
    refused = dina.get(f"/episodes/{report.pk}/return/")
    assert refused.status_code == 403
    assert "record that a child is back" in body(refused)


@pytest.mark.parametrize(
    "part",
    ["", "return/", "located/", "grade/", "interview/offer/", "interview/held/", "interview/declined/"],
)
@pytest.mark.parametrize("code", ["nia", "max"])
def test_hidden_equals_absent(browse, report, code, part):
    reader = browse(code)
    for method in (reader.get, reader.post):

        def ask(report_id, method=method):
            return method(f"/episodes/{report_id}/{part}")

        assert ask(report.pk).status_code in (404, 405)
        assert told_apart(ask, report.pk, "00000000-0000-4000-8000-000000000000") == ""


def test_the_page_of_who_sees_one_telling_is_the_same_whether_or_not_there_is_another(browse, scene):
    record = scene.record(scene.police, district="Burnley")
    (call,) = scene.tell(ReportInput(record, scene.lantern, None, "L1", "call", reported_at=at(31, 23)))
    hal = browse("hal")
    alone = body(hal.get(f"/episodes/{call.pk}/"))
    assert "Lantern Helpline" in alone
    scene.tell(scene.police_report(record, last_seen_at=at(31, 20), grade="high", returned_at=at(31, 23, 30)))
    assert scene.report(call.pk).episode_id != call.pk
    assert body(hal.get(f"/episodes/{call.pk}/")) == alone


def test_a_held_report_is_listed_and_settled_on_one_page(browse, scene, report):
    (second,) = scene.tell(scene.police_report(report.record_id, "P2", last_seen_at=at(31, 23)))
    # The same agency's second report before a return is filled in.
    assert second.held_reason
    amir = browse("amir")
    assert f"/episodes/held/{second.pk}/" in body(amir.get("/episodes/held/"))
    page = amir.get(f"/episodes/held/{second.pk}/")
    assert str(report.pk) in body(page)
    for _ in range(2):
        sent = amir.post(f"/episodes/held/{second.pk}/", {"belongs_to": str(report.pk)})
        assert sent["Location"] == f"/episodes/{second.pk}/"
    assert scene.report(second.pk).episode_id == report.pk
    assert f"/episodes/held/{second.pk}/" not in body(amir.get("/episodes/held/"))


def test_places_are_on_the_page_of_who_works_with_the_child(browse, scene, report, people_at_work):
    scene.joins_circle(people_at_work["ewan"], report.record_id)
    assert "Invented Park" in body(browse("ewan").get(f"/episodes/{report.pk}/"))


def test_a_source_that_differs_is_named_beside_the_other(browse, scene, report):
    scene.tell(
        scene.council_return(report.record_id, started_on=on(30), returned_on=on(31)),
    )
    council = scene.reports(told_by=MissingReport.Told.RETURN_FILE)[0]
    text = body(browse("ewan").get(f"/episodes/{council.pk}/"))
    assert "31 October 2026, hour not known" in text


def test_opening_an_episode_takes_a_fixed_number_of_queries(
    browse, scene, report, people_at_work, django_assert_max_num_queries
):
    scene.joins_circle(people_at_work["ewan"], report.record_id)
    for number in range(8):
        scene.tell(scene.council_return(report.record_id, f"C{number}", started_on=on(31)))
    ewan = browse("ewan")
    with django_assert_max_num_queries(34):
        ewan.get(f"/episodes/{report.pk}/")
