"""docs/reference/api.md and openapi.json, from the API's own description of itself."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from engage.practice.receiving.api import LARGEST_UPLOAD
from engage.practice.receiving.queries import MOST_PROBLEMS_SHOWN
from engage.practice.sister_teams.api import api

from .markdown import code, table, written

INTRODUCTION = f"""Agencies' systems send their files here and read the receipts. It is the third door to the same deed as the page
“Files” and the command `./run engage receive`: the same checks, the same receipt. A guide with an example:
[send us a file](../how-to/send-us-a-file.md). The same description for programs: [openapi.json](openapi.json).

**Who may call.** Every call carries `Authorization: Bearer TOKEN`. A token is made by an administrator with
`./run engage token create`; it is bound to one agency and some formats, is shown once, and can be ended at once. Without a
token, with a revoked one, or for an agency that has left, the answer is 401.

**What is hidden is absent.** A format that does not exist and one that this token may not send give the same 404; so do a
receipt that does not exist and another agency's.

**Sister teams.** The two operations under `/api/sister/` are for another instance of Engage alone, with a token of its own kind
(`./run engage sister add`): [ask the team next door](../how-to/ask-the-team-next-door.md).

A body may be up to {LARGEST_UPLOAD >> 30} GiB here; the smaller limits of each kind of file are in [feeds](feeds.md)."""


def openapi() -> str:
    return json.dumps(_description(), indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    found = _description()
    parts = [INTRODUCTION]
    for path, deeds in found["paths"].items():
        for method, deed in deeds.items():
            parts.append(_deed(path, method, deed))
    parts.append("## What the answers hold")
    for name, schema in found["components"]["schemas"].items():
        parts.append(_schema(name, schema))
    parts.append(
        f"`problems` names at most {MOST_PROBLEMS_SHOWN} rows; the CSV of the receipt on the page has all of them."
        " `refusal` stands only in the receipt of a refused file."
    )
    return written("API", "engage/practice/receiving/api.py and sister_teams/api.py", *parts)


def _description() -> dict[str, Any]:
    # Through JSON: the library hands out lazy mappings.
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/")))
    return found


def _deed(path: str, method: str, deed: dict[str, Any]) -> str:
    parts = [f"## {method.upper()} {path}", deed.get("description", "")]
    if deed.get("parameters"):
        rows = [
            (
                code(one["name"]),
                one["in"],
                _kind(one["schema"]),
                "yes" if one.get("required") else "no",
                one.get("description", ""),
            )
            for one in deed["parameters"]
        ]
        parts.append(table(["Parameter", "In", "Type", "Required", "What"], rows))
    if "requestBody" in deed:
        kinds = ", ".join(code(kind) for kind in deed["requestBody"]["content"])
        multipart = "multipart/form-data" in deed["requestBody"]["content"]
        parts.append(
            f"Body: {kinds}.{' Multipart carries the file as the part `file`.' if multipart else ''}"
        )
    answers = [("401", "Unauthorized: no token, or none that is in force", "`detail`")] + [
        (status, HTTPStatus(int(status)).phrase, _answer(answer))
        for status, answer in deed["responses"].items()
    ]
    parts.append(table(["Status", "Means", "Holds"], sorted(answers)))
    return "\n\n".join(part for part in parts if part)


def _answer(answer: dict[str, Any]) -> str:
    return ", ".join(_kind(content["schema"]) for content in answer.get("content", {}).values())


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (code(field), _kind(value), "always" if field in required else "sometimes")
        for field, value in schema.get("properties", {}).items()
    ]
    return "\n\n".join(
        part
        for part in (
            f"### {name}",
            schema.get("description", ""),
            table(["Field", "Type", "There"], rows),
        )
        if part
    )


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("type", "any"))
