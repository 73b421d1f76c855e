"""The description of the API: schemas of every answer and body, with examples, made from the columns themselves."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from app.api import figures
from app.api.answers import EVIDENCE, INSIDE, MOST_INSIDE
from app.api.bodies import EXAMPLES
from app.api.evidence import schemas as evidence_schemas
from app.api.problems import JSON, PROBLEM, title
from app.engine.layout import EVENT_CLASSES

ABOUT: Final = """Execution monitoring that tells the cost of volatility from the cost of our own signals.

Read from the board of the running session; nothing is worked out here. Every number comes with its unit, its interval
where one exists, what it rests on, and - where it is null - the reason. Undefined is null, never 0.

An act (`POST`) is asked of the control process under the caller's name and passes the same guard as a click at the
desk: first a pre-flight that shows every tag and check, then one confirm with its token. Each act needs a header
`Idempotency-Key`; the same key again gives the same answer and does nothing.
"""
REF: Final = "#/components/schemas/"
_NS: Final = {"type": ["integer", "null"], "description": "nanoseconds since 1970 (UTC)"}
_NUMBER: Final = {"type": ["number", "integer", "boolean", "null"]}
_TEXT: Final = {"type": ["string", "null"]}
_HEAD: Final = {
    "epoch": {"type": "integer"}, "generation": {"type": "integer"}, "watermark_ns": _NS,
    "fault": {"type": ["string", "null"], "description": "why the board cannot be believed now"},
}  # fmt: skip
FIGURE_EXAMPLE: Final = {"value": 3.42, "unit": "bps", "quality": "market good"}


def _object(properties: Mapping[str, Any], *, optional: tuple[str, ...] = (), about: str = "") -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    found: dict[str, Any] = {"type": "object", "properties": dict(properties), "required": required}
    return found | ({"description": about} if about else {})


def ref(name: str) -> dict[str, str]:
    """A reference to a schema."""
    return {"$ref": REF + name}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": ref(name)}


def _row(kinds: tuple[figures.Kind, ...], columns: tuple[str, ...], about: str) -> dict[str, Any]:
    by_name = {kind.name: kind.kind for kind in kinds}
    shapes = {name: _TEXT if by_name[name] == "text" else _NUMBER for name in columns}
    names = {"type": "array", "items": {"type": "string"}}
    reasons = {"type": "object", "additionalProperties": names, "description": "reason -> columns that are null for it"}
    return _object({**shapes, "undefined": reasons}, about=about)


def read_schemas() -> dict[str, Any]:
    """Schemas of what is read from the board."""
    figure = _object(
        {
            "value": _NUMBER, "unit": {"type": "string"}, "quality": {"type": "string"}, "low": _NUMBER,
            "high": _NUMBER, "se": _NUMBER, "reason": {"type": "string"},
        },
        optional=("low", "high", "se", "reason"),
        about="one number; `low`, `high`: 90 % interval, `se`: standard error, `reason`: why the value is null",
    )  # fmt: skip
    curve = {"type": "array", "items": {"type": ["number", "null"]}}
    reaction = _object({"events": {"type": "integer"}, "clusters": {"type": "array", "items": {"type": "integer"}},
                        "mean": curve, "low": curve, "high": curve, "placebo_low": curve, "placebo_high": curve},
                       about="placebo: where the mean lies 9 times of 10 around quiet moments")  # fmt: skip
    reactions = _object({
        "horizons": {"type": "array", "items": {"type": "string"}}, "unit": {"type": "string"},
        "classes": _object(dict.fromkeys(EVENT_CLASSES, ref("Reaction"))),
    })  # fmt: skip
    evidence = _object({
        "status": _TEXT, "reason": {"type": "string"}, "level": _TEXT, "level_reason": _TEXT,
        "numbers": _object(dict.fromkeys(EVIDENCE, ref("Figure"))),
        "reactions": {"oneOf": [ref("Reactions"), {"type": "null"}]},
        "history": {"oneOf": [ref("EvidenceHistory"), {"type": "null"}]},
        "among_yours": {"type": ["boolean", "null"], "description": "stands out among your own orders alive; "
                        "only where evidence is asked for by itself"},
    }, optional=("among_yours",))  # fmt: skip
    quality = _object({
        "market": {"type": "string"}, "visibility": _TEXT, "arrival_basis": _TEXT, "n_late": _NUMBER,
        "n_undefined": _NUMBER, "n_void": _NUMBER,
    })  # fmt: skip
    newest = {"total": {"type": "integer"}}
    parent = _object({
        **_HEAD, "parent_id": _TEXT, "facts": _object(dict.fromkeys(figures.WORDS, _TEXT)),
        "figures": _object(dict.fromkeys(figures.FIGURES, ref("Figure"))), "evidence": ref("Evidence"),
        "quality": quality, "fills": _object({"newest": _list("Fill"), **newest}),
        "children": _object({"newest": _list("Child"), **newest}),
    })  # fmt: skip
    summary = _row(figures.PARENT_KINDS, figures.SUMMARY, "a parent in a list; `fields` chooses other columns")
    summary["required"] = ["undefined"]
    following = {"type": ["integer", "string", "null"], "description": "what to ask with next"}
    page = {"total": {"type": "integer"}, "next": following, **_HEAD}
    return {
        **evidence_schemas(), "Figure": figure, "Reaction": reaction, "Reactions": reactions, "Evidence": evidence,
        "Parent": parent,
        "Fill": _row(figures.FILL_KINDS, figures.FILL_COLUMNS, "one fill"),
        "Child": _row(figures.CHILD_KINDS, figures.CHILD_COLUMNS, "one child order"),
        "Summary": summary, "Parents": _object({"parents": _list("Summary"), **page}),
        "Fills": _object({"parent_id": _TEXT, "fills": _list("Fill"), **page}),
        "Children": _object({"parent_id": _TEXT, "children": _list("Child"), **page}),
        "EvidenceOf": _object({**_HEAD, "parent_id": _TEXT, "evidence": ref("Evidence")}),
        "Words": _object({"words": {"type": "string"}}),
        "Live": _object({"status": {"type": "string"}}),
        "Health": {"type": "object", "additionalProperties": True},
        "Orders": {"type": "object", "additionalProperties": True},
        "Problem": _object({
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"},
        }),
    }  # fmt: skip


def schemas(kinds: Mapping[str, type]) -> dict[str, Any]:
    """Every schema: of what is read, of bodies, and of the control process's answers."""
    types = [*EXAMPLES, *kinds.values()]
    _, found = msgspec.json.schema_components(types, ref_template=REF + "{name}")
    found |= {name: ref(kind.__name__) for name, kind in kinds.items() if name not in found}
    for kind, example in EXAMPLES.items():
        found[kind.__name__]["examples"] = [example]
    return found | read_schemas()


def answer(name: str, *problems: int, example: object = None) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: its good answer and the problems it may have besides those of every route."""
    good: dict[str, Any] = {"schema": ref(name)}
    if example is not None:
        good["example"] = example
    found: dict[int | str, dict[str, Any]] = {200: {"description": "as asked", "content": {JSON: good}}}
    for status in sorted({400, 401, 403, 405, 408, 413, 422, 429, 503, *problems}):
        content = {PROBLEM: {"schema": ref("Problem")}}
        found[status] = {"description": title(status), "content": content}
    return found


def body(kind: type) -> dict[str, Any]:
    """The body of a route."""
    return {"requestBody": {"required": True, "content": {JSON: {"schema": ref(kind.__name__)}}}}


KEY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": True, "example": "desk7-000123-switch",
    "schema": {"type": "string", "pattern": "^[!-~]{8,128}$"}, "description": "new for each act; good for a day",
}  # fmt: skip


PARENT_ID: Final = {
    "name": "parent_id", "in": "path", "required": True, "description": "id of a parent order; a slash in it is %2F",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}  # fmt: skip
NEWEST: Final = {
    "name": "newest", "in": "query", "required": False, "description": "so many newest fills and children sent along",
    "schema": {"type": "integer", "minimum": 0, "maximum": MOST_INSIDE, "default": INSIDE},
}  # fmt: skip


def finished(found: dict[str, Any], kinds: Mapping[str, type]) -> dict[str, Any]:
    """The description as FastAPI makes it, with our schemas and who may ask."""
    components = found.setdefault("components", {})
    components["schemas"] = schemas(kinds)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "`scorecard api token add`"},
        "certificate": {"type": "mutualTLS", "description": "a client certificate of [people]"},
    }
    found["security"] = [{"token": []}, {"certificate": []}]
    for path in found["paths"].values():
        for operation in path.values():
            operation["responses"] = {
                status: given for status, given in operation["responses"].items() if "ValidationError" not in str(given)
            }
    return found
