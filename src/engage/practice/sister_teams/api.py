"""A sister team's instance fetches our filter and sends its questions here. On the API beside the feeds."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja.security import HttpBearer

from engage.methods.private_query.asking import LARGEST_MESSAGE
from engage.practice.access.doors import clock
from engage.practice.receiving.api import Problem, api

from .answering import NotAnswered, Refused, answer_question, filter_for, sister_with
from .models import SisterTeam

REFUSALS = {
    Refused.UNREADABLE: (422, "This is no question to this team, or of another release."),
    Refused.ANOTHER_FILTER: (
        409,
        "This question is to a filter that is not in force any more: fetch it again.",
    ),
    Refused.PERSON_LIMIT: (429, "This person has asked as much as one may within a day."),
    Refused.TEAM_LIMIT: (429, "Your team has asked as much as one may within a day."),
}


class SisterTokenAuth(HttpBearer):
    """The token that a sister team shows, entered by `./run engage sister add`."""

    def authenticate(self, request: HttpRequest, token: str) -> SisterTeam | None:
        return sister_with(token)


AS_BYTES = {"schema": {"type": "string", "format": "binary"}}


def _holds(kind: str, schema: dict[str, Any]) -> dict[int, Any]:
    return {200: {"description": "OK", "content": {kind: schema}}}


@api.get(
    "/sister/filter",
    auth=SisterTokenAuth(),
    response={404: Problem, 503: Problem},
    openapi_extra={"responses": _holds("application/octet-stream", AS_BYTES)},
)
def read_filter(request: HttpRequest) -> Any:
    """The signed filter of this team, in force now. A private query needs it: docs/decisions/0028."""
    found = filter_for(request.auth, now=clock())  # type: ignore[attr-defined]
    if found is None:
        return 404, {"detail": "There is no filter here yet."}
    return HttpResponse(found, content_type="application/octet-stream")


@api.post(
    "/sister/question",
    auth=SisterTokenAuth(),
    response={409: Problem, 413: Problem, 422: Problem, 429: Problem, 503: Problem},
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": _holds("application/json", {"schema": {"type": "object"}}),
    },
)
def send_question(request: HttpRequest) -> Any:
    """One private question, and its answer. Neither holds a name. Each is counted for its asker and its team."""
    sent = request.read(LARGEST_MESSAGE + 1)
    if len(sent) > LARGEST_MESSAGE:
        return 413, {"detail": "No question is so large."}
    try:
        answered = answer_question(request.auth, sent, now=clock())  # type: ignore[attr-defined]
    except NotAnswered as refusal:
        status, sentence = REFUSALS[refusal.why]
        return status, {"detail": sentence}
    return HttpResponse(answered.text(), content_type="application/json")
