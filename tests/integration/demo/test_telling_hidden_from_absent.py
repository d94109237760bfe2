"""The helper that compares a hidden thing with an absent one: it must see everything that somebody outside could."""

import pytest
from django.http import HttpResponse

from engage.demo.probing import Route, routes, told_apart
from engage.demo.typed import FORMS
from engage.demo.walking import NEVER_DONE_BECAUSE, NEVER_OPENED_BECAUSE

HIDDEN, ABSENT = "8e7c1d3e-0000-4000-8000-000000000001", "8e7c1d3e-0000-4000-8000-000000000002"


def with_cookie(name, value, **more):
    response = HttpResponse("Page not found", status=404)
    response.set_cookie(name, value, **more)
    return response


def with_header(name, value):
    return HttpResponse("Page not found", status=404, headers={name: value})


@pytest.mark.parametrize(
    ("hidden", "absent", "told_by"),
    [
        (HttpResponse("here", status=403), HttpResponse("here", status=404), "status"),
        (HttpResponse("here it is"), HttpResponse("here it's"), "body"),
        (with_header("X-Found", "1"), with_header("X-Found", "0"), "header x-found"),
        (with_header("Last-Modified", "yesterday"), with_header("Last-Modified", "today"), "last-modified"),
        (with_header("Location", f"/a/{HIDDEN}/"), with_header("Location", "/b/"), "header location"),
        (with_cookie("sessionid", "x"), HttpResponse("Page not found", status=404), "set-cookie sessionid"),
        (with_cookie("sessionid", "x", secure=True), with_cookie("sessionid", "x"), "set-cookie sessionid"),
        (with_cookie("seen", "yes"), with_cookie("seen", "no"), "set-cookie seen"),
    ],
)
def test_a_difference_is_seen(hidden, absent, told_by):
    assert told_by in told_apart({HIDDEN: hidden, ABSENT: absent}.get, HIDDEN, ABSENT)


@pytest.mark.parametrize(
    ("hidden", "absent"),
    [
        (with_cookie("sessionid", "one"), with_cookie("sessionid", "two")),
        (with_cookie("csrftoken", "one", max_age=9), with_cookie("csrftoken", "two", max_age=9)),
        (HttpResponse(f"no {HIDDEN}"), HttpResponse(f"no {ABSENT}")),
        (
            HttpResponse('<input name="csrfmiddlewaretoken" value="abc">'),
            HttpResponse('<input name="csrfmiddlewaretoken" value="xyz">'),
        ),
    ],
)
def test_what_differs_in_every_answer_is_none(hidden, absent):
    assert told_apart({HIDDEN: hidden, ABSENT: absent}.get, HIDDEN, ABSENT) == ""


def test_a_part_of_today_is_asked_for_by_its_own_name():
    templates = {route.template for route in routes()}
    assert {"today/missing/", "today/files/", "today/awaiting/all/"} <= templates
    assert not [template for template in templates if "<" in template]


def test_two_ids_are_two_ids():
    (undo,) = [route for route in routes() if route.pattern.endswith("undo/")]
    assert undo.ids == ("person_id", "judgement_id")
    assert undo.address(HIDDEN, ABSENT) == f"/children/{HIDDEN}/records/{ABSENT}/undo/"
    with pytest.raises(ValueError):
        undo.address(HIDDEN)


def test_what_is_typed_and_what_is_excepted_names_routes_that_exist():
    known: list[Route] = routes()
    assert set(FORMS) | set(NEVER_DONE_BECAUSE) <= {route.pattern for route in known}
    assert set(NEVER_OPENED_BECAUSE) <= {route.template for route in known}
