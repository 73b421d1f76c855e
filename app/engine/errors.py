"""Errors that name who must act."""


class ScorecardError(Exception):
    """Root of every error the product raises on purpose; its text is meant for the user."""


class FeedError(ScorecardError):
    """Their side failed (a broker, a socket, a missing file): retry or fix the source."""


class DecodeError(ScorecardError):
    """Bytes or rows that cannot be understood: counted, quarantined, the rest goes on."""


class SettingsError(ScorecardError):
    """The user's settings are wrong: names file, key, value and what is allowed."""


class EngineError(ScorecardError):
    """Our own bug: the engine stops visibly and keeps its log."""


def complaint(where: str, field: str, value: object, allowed: str) -> str:
    """One sentence for a bad input: where it is (file, line or offset), the field, its value, what is allowed."""
    return f"{where}: {field} = {value!r} is not allowed; allowed: {allowed}"
