"""What is asked most often, one parent without further words, is answered without the framework's way to its route."""

from typing import Final, NamedTuple

from app.api.answers import Answers
from app.api.doorkeeper import Caller
from app.api.gate import Scope_
from app.api.problems import Problem

_BEFORE: Final = "/v1/parents/"


class Route(NamedTuple):
    """A route as the counters name it."""

    path: str


PARENT: Final = Route(_BEFORE + "{parent_id}")


class ReadyAnswers:
    """Gives the answer the application would give, or None: then the application is asked, also for what is refused."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def __call__(self, scope: Scope_, caller: Caller | None) -> bytes | None:
        """The body of a 200; the route is noted in the scope."""
        if caller is None or scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return None
        before, parent_id = scope["path"][: len(_BEFORE)], scope["path"][len(_BEFORE) :]
        if before != _BEFORE or not parent_id or "/" in parent_id or "%" in parent_id:
            return None
        try:
            body = self._answers.parent(parent_id, caller.grants)
        except Problem:
            return None
        scope["route"] = PARENT
        return body
