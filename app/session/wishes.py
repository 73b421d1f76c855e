"""What may be asked of the engine's process; nothing of the engine is loaded here."""

from typing import Final

import msgspec

OK: Final = b"ok"


class Wish(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole of it, sent anew at every change. `jump_ns`: flat out until then (event ns), then as it was."""

    speed: float | None = None
    paused: bool = False
    jump_ns: int | None = None
    stop: bool = False
