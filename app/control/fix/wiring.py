"""`[ems]` as the library wants it: its settings file, without a secret, and the data dictionaries beside it."""

from pathlib import Path
from typing import Final

from app.control.fix.dictionary import dictionary
from app.engine.errors import SettingsError, complaint
from app.runtime.channel import write_private
from app.settings_ems import Ems

_FIXT: Final = "FIXT.1.1"
_LOGON_S: Final = 10
_LOGOUT_S: Final = 2


def begin_string(ems: Ems) -> str:
    """BeginString of the session: FIX 5.0 is carried by FIXT."""
    return _FIXT if ems.version.startswith("FIX.5") else ems.version


def write_settings(ems: Ems, folder: Path) -> Path:
    """The library's settings file in the session's folder. Raises SettingsError where a file is missing."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Path(ems.store).expanduser() if ems.store else folder / "store"
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = {
        "ConnectionType": "initiator", "SocketConnectHost": ems.host, "SocketConnectPort": ems.port,
        "HeartBtInt": ems.heartbeat_s, "ReconnectInterval": ems.reconnect_s, "SocketNodelay": "Y",
        "LogonTimeout": _LOGON_S, "LogoutTimeout": _LOGOUT_S, "FileStorePath": store,
        # Nothing is ever sent a second time: what the other side missed is filled with a gap.
        "PersistMessages": "N", "CheckLatency": "N", "CheckCompID": "Y",
        "ResetOnLogon": "Y" if ems.reset == "logon" else "N",
        "TimestampPrecision": ems.stamp_digits,
        "ValidateFieldsOutOfOrder": "N", "ValidateFieldsHaveValues": "N", "ValidateUserDefinedFields": "N",
        "AllowUnknownMsgFields": "Y", "UseDataDictionary": "Y",
        **_times(ems), **_dictionaries(ems, folder), **_tls(ems),
    }  # fmt: skip
    names = {"BeginString": begin_string(ems), "SenderCompID": ems.sender, "TargetCompID": ems.target}
    if ems.sender_sub:
        names["SenderSubID"] = ems.sender_sub
    if ems.target_sub:
        names["TargetSubID"] = ems.target_sub
    tables = (("DEFAULT", values), ("SESSION", names))
    lines = [
        line for name, table in tables for line in (f"[{name}]", *(f"{key}={value}" for key, value in table.items()))
    ]
    path = folder / "session.cfg"
    write_private(path, ("\n".join(lines) + "\n").encode())
    return path


def _times(ems: Ems) -> dict[str, str]:
    if not ems.session_start:
        return {"StartTime": "00:00:00", "EndTime": "00:00:00", "NonStopSession": "Y"}
    return {"StartTime": ems.session_start, "EndTime": ems.session_end}


def _dictionaries(ems: Ems, folder: Path) -> dict[str, str]:
    own = {int(tag): members for tag, members in ems.groups.items()}

    def written(version: str) -> str:
        path = folder / f"{version}.xml"
        write_private(path, dictionary(version, own).encode())
        return str(path)

    if begin_string(ems) != _FIXT:
        return {"DataDictionary": written(ems.version)}
    return {
        "DefaultApplVerID": ems.version,
        "TransportDataDictionary": written(_FIXT),
        "AppDataDictionary": written("FIX.5.0"),
    }


def _tls(ems: Ems) -> dict[str, str]:
    if not ems.tls:
        return {}
    files = {
        "ca": ("CertificationAuthoritiesFile", ems.ca),
        "certificate": ("ClientCertificateFile", ems.certificate),
        "key": ("ClientCertificateKeyFile", ems.key),
    }
    found = {"SSLProtocol": "+TLSv1_2 +TLSv1_3"}
    for name, (key, value) in files.items():
        if value:
            path = Path(value).expanduser()
            if not path.is_file():
                raise SettingsError(complaint("settings", f"ems.{name}", value, "a PEM file that is there"))
            found[key] = str(path)
    return found
