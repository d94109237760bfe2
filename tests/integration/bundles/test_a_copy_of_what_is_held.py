"""From the day somebody asks to the file that leaves: nothing silent, nothing undecided, nothing else than was read."""

from __future__ import annotations

import io
import zlib
from datetime import timedelta

import pypdf
import pytest

from engage.methods.moments import london_date
from engage.practice.access.gate import NotPermitted
from engage.practice.access.models import Barred
from engage.practice.bundles import building, intake, reading, releasing
from engage.practice.bundles.models import BundleSpan, Mark, SpanDecision
from engage.practice.bundles.printed import in_letters
from engage.practice.bundles.queries import bundles, open_requests, requests, spans_of

pytestmark = pytest.mark.django_db
OTHERS = ("Tariq", "Ahmed", "Anne", "12 Mill Lane", "07700 900123", "900123", "Sam Invented")


def refused(match):
    return pytest.raises(NotPermitted, match=match)


def test_r17_a_request_has_an_owner_and_one_month_and_stands_on_today_until_it_is_answered(
    opened, browser, people_at_work, at, now
):
    request = opened(days_ago=4)  # came on Thursday 29 October 2026
    assert request.due_on.isoformat() == "2026-11-30"  # the 29th is a Sunday
    for code, words in (("lena", "A request to see what is held"), ("ewan", "A bundle to prepare")):
        assert words in browser(code).get("/today/").content.decode()
    with at("lena"):
        lena = people_at_work["lena"]
        intake.close(request.pk, because="Withdrawn", by=lena, now=now)
        assert not open_requests(lena).exists()


def test_who_has_no_part_in_a_request_does_not_learn_of_it(finished, browser, people_at_work, at):
    bundle = finished()
    for code in ("amir", "nia", "iris", "max", "olga"):
        with at(code):
            assert not requests(people_at_work[code]).exists()
            assert not bundles(people_at_work[code]).exists()
    for address in (f"/bundles/{bundle.request_id}/", f"/bundles/editions/{bundle.pk}/"):
        assert browser("amir").get(address).status_code == 404


def test_the_clock_stands_still_for_proof_of_identity_and_is_extended_once(people_at_work, at, now):
    lena, today = people_at_work["lena"], london_date(now)
    asked = intake.Asked("child", "The young person", "Katie", today - timedelta(days=10), "telephone")
    with at("lena"):
        request = intake.open_request(asked, by=lena, now=now)
        due = request.due_on
        intake.hold(
            request.pk, kind="identity", reason="x", from_on=today - timedelta(days=7), by=lena, now=now
        )
        after = intake.check_identity(request.pk, words="Passport", on=today, by=lena, now=now)
        assert (after.due_on - due).days >= 7
        extended = intake.extend(request.pk, because="Complex", told_on=today, by=lena, now=now)
        assert (extended.due_on - after.due_on).days > 55
        with refused("once"):
            intake.extend(request.pk, because="More", told_on=today, by=lena, now=now)
        intake.hold(request.pk, kind="legal", reason="Inquiry", from_on=today, by=lena, now=now)
        with refused("legal hold stands"):
            intake.close(request.pk, because="x", by=lena, now=now)


def test_r5_every_span_keeps_its_source_and_whom_it_is_about_and_the_lead_reads_none(
    child, opened, people_at_work, at, now
):
    request = opened()
    ewan, lena = people_at_work["ewan"], people_at_work["lena"]
    with at("ewan"):
        bundle = building.gather(request.pk, child, by=ewan, now=now)
        spans = {span.what: span for span in spans_of(bundle, ewan)}
        advice = spans["Advice to keep the child safe"]
        assert "Tariq Ahmed" in advice.others and advice.told_by and advice.owner
        assert spans["Parents"].others == ["Katie Holden", "Anne Holden", "Tariq Ahmed"]
        assert not spans["Parents"].ask_owner  # his own agency's
        assert {mark.found_as for mark in advice.found} >= {"named", "address", "phone"}
        assert not any(mark.choice for span in spans.values() for mark in span.found)
        assert "clinic" not in " ".join(span.said for span in spans.values())
    with at("lena"):
        assert bundles(lena).get(pk=bundle.pk).number.startswith("SAR-")
        assert spans_of(bundles(lena).get(pk=bundle.pk), lena) == []
        assert not Mark.objects.visible_to(lena).exists()
        assert not SpanDecision.objects.visible_to(lena).exists()
        with refused("preparer"):
            building.gather(request.pk, child, by=lena, now=now)


def test_nothing_is_finished_with_anything_undecided_or_an_owner_not_asked(
    child, opened, people_at_work, at, now
):
    request = opened()
    ewan, grace = people_at_work["ewan"], people_at_work["grace"]
    with at("ewan"):
        bundle = building.gather(request.pk, child, by=ewan, now=now)
        with refused("Still to decide"):
            building.finish(bundle.pk, grace, by=ewan, now=now)
        building.include_plain(bundle.pk, by=ewan, now=now)
        spans = spans_of(bundle, ewan)
        assert all(not span.found and not span.ask_owner for span in spans if span.decision.choice)
        for span in spans:
            building.decide_span(bundle.pk, span.pk, choice="include", by=ewan, now=now)
        with refused("0 spans and [1-9]"):
            building.finish(bundle.pk, grace, by=ewan, now=now)
        for span in spans:
            for mark in span.found:
                with refused("reason"):
                    building.decide_mark(bundle.pk, mark.pk, choice="redact", by=ewan, now=now)
                building.decide_mark(bundle.pk, mark.pk, choice="keep", by=ewan, now=now)
        with refused("have not been asked"):
            building.finish(bundle.pk, grace, by=ewan, now=now)
        for owner in {span.owner_id for span in spans if span.ask_owner}:
            building.owner_consulted(bundle.pk, owner, words="No objection", by=ewan, now=now)
        with refused("Another person"):
            building.finish(bundle.pk, ewan, by=ewan, now=now)
        assert building.finish(bundle.pk, grace, by=ewan, now=now).state == "reading"


def test_r5_another_person_reads_every_page_and_a_change_after_approval_voids_it(
    finished, people_at_work, at, now
):
    made = finished()
    grace, ewan, lena = (people_at_work[code] for code in ("grace", "ewan", "lena"))
    with at("grace"):
        with refused("Not read yet: 1"):
            reading.approve(made.pk, words="", by=grace, now=now)
        with refused("Say what"):
            reading.send_back(made.pk, words=" ", by=grace, now=now)
        for page in (1, 2, 3, 4):
            try:
                reading.read_page(made.pk, page, by=grace, now=now)
            except NotPermitted:
                break
        assert reading.approve(made.pk, words="", by=grace, now=now).state == "approved"
    with at("ewan"):
        with refused("Its owner"):
            releasing.release(made.pk, handed_over="x", by=ewan, now=now)
        span = spans_of(made, ewan)[0]
        building.redact_words(made.pk, span.pk, [0], reason="third_party", by=ewan, now=now)
        assert bundles(ewan).get(pk=made.pk).state == "preparing"
    with at("lena"), refused("approved"):
        releasing.release(made.pk, handed_over="In person", by=lena, now=now)


def test_what_was_altered_behind_the_program_after_approval_does_not_leave(approved, people_at_work, at, now):
    made = approved()
    with at("ewan"):
        mark = Mark.objects.visible_to(people_at_work["ewan"]).filter(span__bundle=made).first()
        Mark.objects.visible_to(people_at_work["ewan"]).filter(pk=mark.pk).update(choice="keep", reason="")
    with at("lena"), refused("not what the second reader approved"):
        releasing.release(made.pk, handed_over="In person", by=people_at_work["lena"], now=now)


def test_r8_what_was_redacted_is_nowhere_in_the_file_and_everything_included_is(
    approved, people_at_work, at, now
):
    made = approved()
    with at("lena"):
        lena = people_at_work["lena"]
        releasing.release(made.pk, handed_over="In person", by=lena, now=now)
        file = releasing.taken_away(made.pk, "pdf", by=lena, now=now)
    read = pypdf.PdfReader(io.BytesIO(file))
    text = " ".join(" ".join(page.extract_text() for page in read.pages).split())
    everything = text + str(read.metadata) + str(read.xmp_metadata and read.xmp_metadata.stream.get_data())
    everything += file.decode("latin-1") + "".join(_streams(read))
    for word in OTHERS:
        assert word not in everything
        assert word.encode("utf-16-be").decode("latin-1") not in everything
    with at("ewan"):
        for span in spans_of(made, people_at_work["ewan"]):
            at_now = 0
            for mark in sorted(span.found, key=lambda mark: mark.start):
                assert " ".join(in_letters(span.said[at_now : mark.start]).split()) in text
                at_now = mark.end
            assert " ".join(in_letters(span.said[at_now:]).split()) in text and span.what in text
    assert "home [house building]" in text
    assert "[redacted]" not in text and "redacted" in text
    assert all(f"For The young person, {made.number}" in page.extract_text() for page in read.pages)
    assert "Information Commissioner" in text and "another person" in text
    assert not read.attachments and f"Page 1 of {len(read.pages)}" in text


def test_the_file_is_taken_by_who_hands_it_over_and_each_time_is_accounted_for_as_disclosed(
    approved, people_at_work, browser, at, now
):
    made = approved()
    address = f"/bundles/editions/{made.pk}/bundle.pdf"
    taken = browser("lena").get(address)
    assert taken.status_code == 200 and taken["Content-Type"] == "application/pdf"
    assert browser("amir").get(address).status_code == 404
    with at("grace") as context:
        before = context.audited
        again = releasing.taken_away(made.pk, "pdf", by=people_at_work["grace"], now=now)
        assert again == taken.content and context.audited == before + 1


def test_nothing_leaves_before_it_was_checked_who_asks(approved, people_at_work, at, now):
    lena = people_at_work["lena"]
    with at("lena"):
        asked = intake.Asked("child", "Somebody", "Katie", london_date(now), "email")
        request = intake.open_request(asked, by=lena, now=now)
        intake.assign(request.pk, people_at_work["ewan"], by=lena, now=now)
    made = approved(request)
    with at("lena"), refused("not checked yet who asks"):
        releasing.release(made.pk, handed_over="By post", by=lena, now=now)


def test_who_is_barred_from_the_child_neither_prepares_nor_reads(
    child, opened, town, people_at_work, receiver, at, now
):
    request = opened()
    with at("ewan"):
        building.gather(request.pk, child, by=people_at_work["ewan"], now=now)
    with town.acting():
        Barred.objects.create(
            record_id=child, person_id=child, staff=people_at_work["farah"], added_at=now, added_by=receiver
        )
    with at("lena"), refused("conflict of interest"):
        intake.assign(request.pk, people_at_work["farah"], by=people_at_work["lena"], now=now)


def test_a_span_is_never_changed(child, opened, people_at_work, at, now):
    request = opened()
    with at("ewan"):
        bundle = building.gather(request.pk, child, by=people_at_work["ewan"], now=now)
    with pytest.raises(Exception, match="append-only"), at("ewan"):
        BundleSpan.objects.visible_to(people_at_work["ewan"]).filter(bundle=bundle).update(said="x")


def _streams(read: pypdf.PdfReader):
    """Every stream of the file, unpacked."""
    for number in range(1, len(read.xref_objStm) + sum(map(len, read.xref.values())) + 1):
        try:
            found = read.get_object(number)
        except Exception:
            continue
        if hasattr(found, "get_data"):
            try:
                yield found.get_data().decode("latin-1")
            except (zlib.error, NotImplementedError):
                continue
        else:
            yield str(found)
