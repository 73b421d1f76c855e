"""quickfix, where it is installed; the sentence that says how to add it where it is not."""

import importlib
from typing import Any, Final

from app.engine.errors import FeedError

MISSING: Final = (
    "FIX: the session to the EMS needs quickfix, which is not installed. It is built once, with TLS, by the command"
    " that `scorecard doctor` prints (extra `fix`; needs g++ and libssl-dev, takes minutes)"
)


def library() -> Any:
    """The library. Raises FeedError where it is not installed, or was built without TLS."""
    try:
        found = importlib.import_module("quickfix")
    except ImportError as error:
        raise FeedError(f"{MISSING}: {error}") from error
    if not hasattr(found, "SSLSocketInitiator"):
        raise FeedError("FIX: quickfix was built without TLS; build it with the command that `scorecard doctor` prints")
    return found
