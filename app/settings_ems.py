"""Settings of the FIX session to the EMS: `[ems]`. Secrets are references, see `settings_sources`."""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from app.engine.errors import SettingsError, complaint
from app.settings_sources import MASK, REFERENCE, REFERENCE_WORDS, Port

Version: TypeAlias = Literal["FIX.4.2", "FIX.4.4", "FIX.5.0SP2"]
Seconds: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=3_600)]
CompId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[!-~]{0,100}$")]
TimeOfDay: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^(|([01]\d|2[0-3]):[0-5]\d:[0-5]\d)$")]
GroupTags: TypeAlias = tuple[Annotated[int, msgspec.Meta(ge=1, le=999_999_999)], ...]
_FILES: Final = ("ca", "certificate", "key")


class Ems(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The EMS's side of the session; `host` "" = none: the control process talks to the simulated session.

    `profile` "" = the shipped one. `reset`: sequence numbers begin at 1 with each logon, or go on for good.
    `session_start`, `session_end`: UTC times between which a session runs, "" = without a break. `stamp_digits`: of
    seconds. `groups`: counting tag -> tags of a repeating group of the broker's own. `drop_copy`: the engine of a live
    session follows what arrives here.
    """

    host: str
    port: Port
    version: Version
    sender: CompId
    target: CompId
    sender_sub: CompId
    target_sub: CompId
    heartbeat_s: Seconds
    reconnect_s: Seconds
    reset: Literal["never", "logon"]
    session_start: TimeOfDay
    session_end: TimeOfDay
    stamp_digits: Literal[0, 3, 6, 9]
    profile: str
    store: str
    user: str
    password: str
    tls: bool
    ca: str
    certificate: str
    key: str
    drop_copy: bool
    groups: dict[str, GroupTags]


def checked_ems(ems: Ems, where: str) -> None:
    """What a session needs is there, secrets are references. Raises SettingsError."""

    def insist(name: str, holds: object, allowed: str) -> None:
        if not holds:
            value = MASK if name == "password" else getattr(ems, name)
            raise SettingsError(complaint(where, f"ems.{name}", value, allowed))

    insist("password", not ems.password or REFERENCE.fullmatch(ems.password), REFERENCE_WORDS)
    insist("groups", all(tag.isascii() and tag.isdigit() and own for tag, own in ems.groups.items()),
           'a table of counting tag = tags, e.g. "9001" = [9002, 9003]')  # fmt: skip
    if not ems.host:
        return
    for name in ("sender", "target"):
        insist(name, getattr(ems, name), "a CompID where ems.host is set")
    insist(
        "session_end", bool(ems.session_start) == bool(ems.session_end), "set where ems.session_start is, else empty"
    )
    if ems.tls:
        insist(
            "ca",
            ems.ca,
            "a file of certificates that sign the EMS's where ems.tls is on: without it nobody checks them",
        )
        insist("key", bool(ems.key) == bool(ems.certificate), "set where ems.certificate is, else empty")
