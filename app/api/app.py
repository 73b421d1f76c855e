"""The routes: what may be asked under /v1. Everything is `async def`: nothing waits for anything but the control."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from app import __version__
from app.api import describe, figures
from app.api.answers import INSIDE, MOST_INSIDE
from app.api.bodies import OrderBody, PreflightBody, RuleBody, ScopeBody, SwitchBody, decoded
from app.api.describe import KEY, NEWEST, PARENT_ID, answer, body
from app.api.doorkeeper import Caller
from app.api.port import PortRefused
from app.api.problems import JSON, Problem
from app.api.socket_route import Parts, chosen_fields, mount_stream

ParentId = Annotated[
    str,
    Path(min_length=1, max_length=200, description="id of a parent order"),
    AfterValidator(lambda text: text.replace("%2F", "/")),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="at most so many")]
After = Annotated[int, Query(ge=0, le=2**31, description="how many to pass over: `next` of the answer before")]
Word = Annotated[str, Query(max_length=200)]
_COLUMN: Final = f"({'|'.join(figures.COLUMNS)})"
# said in the description, held by `chosen_fields`, which names the wrong ones
Fields = Annotated[str, Query(max_length=4000, json_schema_extra={"pattern": f"^({_COLUMN}(,{_COLUMN})*)?$"})]


@dataclass(frozen=True, slots=True)
class Filters:
    """Words that columns of parents must have; "" = any."""

    state: Word = ""
    instrument: Word = ""
    desk: Word = ""
    level: Word = ""


def build(parts: Parts) -> FastAPI:
    """The application, without its gate."""
    app = FastAPI(
        title="Leakage Scorecard", version=__version__, description=describe.ABOUT, openapi_url="/v1/openapi.json",
        docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe.finished(made(), parts.port.kinds())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    _problems(app)
    _reading(app, parts)
    _acting(app, parts)
    _running(app, parts)
    mount_stream(app, parts)
    return app


def _json(data: bytes, status: int = 200) -> Response:
    return Response(data, status, media_type=JSON if status < 400 else "application/problem+json")


def _said(request: Request, problem: Problem) -> Response:
    asked = request.scope.get("asked")
    if asked is not None:
        asked.words = problem.words
    headers = {name.decode(): value.decode() for name, value in problem.headers()}
    return Response(problem.body(), problem.status, headers=headers)


def _problems(app: FastAPI) -> None:
    """Whatever goes wrong is said in the same form."""

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return _said(request, error)

    @app.exception_handler(PortRefused)
    async def refused(request: Request, error: PortRefused) -> Response:
        return _said(request, Problem(409, str(error)))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        found = _said(request, Problem(error.status_code, str(error.detail)))
        found.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            found.headers["allow"] = ", ".join(_methods(app, request))
        return found

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        words = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        return _said(request, Problem(422, words))


def _methods(app: FastAPI, request: Request) -> list[str]:
    """What may be done at the path of a request: of all its routes, not of the first."""
    found: set[str] = set()
    for route in app.router.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


def _caller(request: Request) -> Caller:
    caller: Caller = request.scope["caller"]
    return caller


def _reading(app: FastAPI, parts: Parts) -> None:
    answers, view = parts.answers, parts.view

    @app.get("/v1/parents", responses=answer("Parents", 404), summary="Parents the caller may see")
    async def parents(
        request: Request, filters: Annotated[Filters, Depends()], limit: Limit = 100,
        after: Word = "", fields: Fields = "",
    ) -> Response:  # fmt: skip
        chosen, grants = chosen_fields(fields), _caller(request).grants
        wanted = {
            "state": filters.state,
            "instrument": filters.instrument,
            "desk": filters.desk,
            "level": filters.level,
        }
        rows = view.visible(grants, {name: word for name, word in wanted.items() if word})
        if not rows and view.fault and not view.rows:
            raise Problem(503, view.fault, 1.0)
        start = 0
        if after:
            place = view.row(after, grants)
            if place is None:
                raise Problem(
                    404, f"query.after: {after!r} is no parent of yours; allowed: `next` of the answer before"
                )
            start = next((k + 1 for k, row in enumerate(rows) if row == place), len(rows))
        some = rows[start : start + limit]
        following = view.text(int(view.parents["parent_id"][some[-1]])) if start + limit < len(rows) else None
        return _json(answers.listed([answers.summary(row, chosen) for row in some], len(rows), following))

    @app.get(
        "/v1/parents/{parent_id}", responses=answer("Parent", 404), summary="One parent, every number of it",
        openapi_extra={"parameters": [PARENT_ID, NEWEST]},
    )  # fmt: skip
    async def parent(request: Request) -> Response:
        # asked most often: read by hand, which takes half the time of declared parameters
        parent_id = request.path_params["parent_id"].replace("%2F", "/")
        newest = _newest(request.query_params.get("newest")) if request.scope["query_string"] else INSIDE
        return _json(answers.parent(parent_id, _caller(request).grants, newest))

    @app.get("/v1/parents/{parent_id}/fills", responses=answer("Fills", 404), summary="Its fills, oldest first")
    async def fills(request: Request, parent_id: ParentId, after: After = 0, limit: Limit = 100) -> Response:
        return _json(answers.members("fills", parent_id, _caller(request).grants, (after, limit)))

    @app.get("/v1/parents/{parent_id}/children", responses=answer("Children", 404), summary="Its child orders")
    async def children(request: Request, parent_id: ParentId, after: After = 0, limit: Limit = 100) -> Response:
        return _json(answers.members("children", parent_id, _caller(request).grants, (after, limit)))

    @app.get("/v1/parents/{parent_id}/evidence", responses=answer("EvidenceOf", 404), summary="What may be said of it")
    async def evidence(request: Request, parent_id: ParentId) -> Response:
        return _json(answers.evidence(parent_id, _caller(request).grants))

    @app.get("/v1/columns", responses=answer("Health"), summary="Columns of a parent and their units")
    async def columns() -> Response:
        return _json(answers.encoded({"parents": dict(figures.UNITS)}))


def _newest(text: str | None) -> int:
    """How many newest fills and children. Raises Problem 422."""
    if text is None:
        return INSIDE
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= MOST_INSIDE):
        raise Problem(422, f"query.newest = {text[:40]!r} is not allowed; allowed: 0 to {MOST_INSIDE}")
    return int(text)


def _acting(app: FastAPI, parts: Parts) -> None:
    acts = parts.acts
    keyed = {"parameters": [KEY]}

    @app.get("/v1/orders", responses=answer("Orders"), summary="Algo orders of the session and where they stand")
    async def orders(request: Request) -> Response:
        return _json(await acts.orders(_caller(request)))

    @app.get("/v1/rules", responses=answer("Orders", 409), summary="Rules that may switch, and how they stand")
    async def rules(request: Request) -> Response:
        return _json(await acts.rules(_caller(request)))

    @app.get("/v1/parents/{parent_id}/menu", responses=answer("Menu", 404, 409), summary="What can be done with it")
    async def menu(request: Request, parent_id: ParentId) -> Response:
        return _json(await acts.menu(_caller(request), parent_id))

    @app.post(
        "/v1/preflight", responses=answer("Preflight", 404, 409), openapi_extra=body(PreflightBody),
        summary="Every tag and every check of a wish; nothing is sent",
    )  # fmt: skip
    async def preflight(request: Request) -> Response:
        found = decoded(PreflightBody, await request.body())
        return _json(await acts.preflight(_caller(request), request.scope["asked"], found))

    @app.post(
        "/v1/switch", responses=answer("Words", 404, 409), openapi_extra=body(SwitchBody) | keyed,
        summary="Confirm a pre-flight: the whole guard again, then the message",
    )  # fmt: skip
    async def switch(request: Request) -> Response:
        found = decoded(SwitchBody, await request.body())
        return _done(*await acts.switch(_caller(request), request.scope["asked"], found))

    _act(app, ("/v1/cancel", "Cancel one algo order"), OrderBody, acts.cancel)
    _act(app, ("/v1/reconcile", "Ask the broker what he holds of an order"), OrderBody, acts.reconcile)
    _act(app, ("/v1/kill", "Cancel everything in a scope and block what is new"), ScopeBody, acts.kill)
    _act(app, ("/v1/rules", "Arm a rule, as one of two persons, or disarm it"), RuleBody, acts.arm)
    _act(app, ("/v1/release", "Let new requests out again"), ScopeBody, acts.release)


def _act(app: FastAPI, named: tuple[str, str], kind: type, does: Any) -> None:
    """An act with a body of one kind, done once."""
    path, words = named

    async def act(request: Request) -> Response:
        return _done(*await does(_caller(request), request.scope["asked"], decoded(kind, await request.body())))

    act.__name__ = path.rpartition("/")[2]
    extra = body(kind) | {"parameters": [KEY]}
    app.post(path, responses=answer("Words", 404, 409), openapi_extra=extra, summary=words)(act)


def _done(status: int, data: bytes) -> Response:
    return _json(data, status)


def _running(app: FastAPI, parts: Parts) -> None:
    @app.get(
        "/v1/live", responses=answer("Live"), openapi_extra={"security": []},
        summary="Whether the API answers; open to all, says nothing else",
    )  # fmt: skip
    async def live() -> Response:
        return _json(b'{"status":"ok"}')

    @app.get("/v1/health", responses=answer("Health"), summary="Board, engine, control, audit, streams")
    async def health() -> Response:
        return _json(parts.answers.encoded(parts.health.facts()))

    @app.get("/v1/metrics", summary="Counters for Prometheus", responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        return Response(parts.health.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")
