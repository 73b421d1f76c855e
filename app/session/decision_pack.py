"""The evidence pack of a decision: everything that shows what was decided, on what, and what came of it, in one zip.

    decision.json   the audit's line: who, by what, the checks, what was on his screen
    chain.jsonl     lines of the audit from it to the end of what followed, as they stand: their hashes still hold
    messages.txt    messages out and in about its orders        screen.json   the board at that moment, from the tape
    data.json       which data that rests on                    replay.txt    how to see it again
    manifest.json   SHA-256 of each

The pack's own SHA-256 goes into the audit. The same decision packed again from the same files gives the same bytes.
"""

import hashlib
import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from app.board import BoardError, BoardReader
from app.control.asks import AskRecord
from app.control.audit import AuditLog, verify
from app.control.decisions import Decision, decision, messages
from app.engine.errors import FeedError
from app.engine.layout import PARENT_ROW
from app.engine.units import NULL
from app.runtime.channel import Line, write_private
from app.session.lookback import LookbackClient
from app.session.runtime_folder import RuntimeFolder

_STAMP: Final = (1980, 1, 1, 0, 0, 0)  # of every file inside: the bytes hang on what is in them alone
_PATIENCE_S: Final = 5.0


class Packed(NamedTuple):
    """A pack that has been written: where, its hash, what it could not hold, how its hash was audited."""

    path: Path
    sha256: str
    missing: list[str]
    audited: str


def pack(folder: RuntimeFolder, name: str, out: Path) -> Packed:
    """Write the pack of a decision. Raises FeedError, SettingsError in words."""
    log = folder.control / "audit.log"
    found = decision(log, name)
    number = int(found.line.entry["n"])
    files, missing = contents(folder, found)
    data = zipped(files)
    digest = hashlib.sha256(data).hexdigest()
    path = out / f"decision-{number}.zip" if out.is_dir() else out
    write_private(path, data)
    audited = record(folder, {"decision": str(number), "file": path.name, "sha256": digest})
    return Packed(path, digest, missing, audited)


def contents(folder: RuntimeFolder, found: Decision) -> tuple[dict[str, bytes], list[str]]:
    """The files of a pack, and what could not be had, in words."""
    entry = found.line.entry
    at_ns = int(entry.get("now_ns", 0))
    parent = _parent(found)
    missing: list[str] = []
    shown, why = screen(folder, at_ns, parent)
    if why:
        missing.append(f"screen.json: {why}")
    count, problems = verify(folder.control / "audit.log")
    chain = {"lines": count, "problems": [f"line {p.line}: {p.what}" for p in problems]}
    files = {
        "decision.json": _json(entry),
        "chain.jsonl": b"".join(line.raw + b"\n" for line in found.lines),
        "messages.txt": "".join(text + "\n" for text in messages(found.about())).encode(),
        "screen.json": _json({"told": entry.get("screen"), "parent_id": parent, "board": shown, "why": why or None}),
        "data.json": _json(data_of(folder, at_ns) | {"audit": chain}),
        "replay.txt": replay_words(folder, at_ns, parent).encode(),
    }
    manifest = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    return files | {"manifest.json": _json(manifest)}, missing


def zipped(files: dict[str, bytes]) -> bytes:
    """Files in one zip whose bytes depend on nothing else."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, _STAMP)
            info.external_attr = 0o600 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def screen(folder: RuntimeFolder, at_ns: int, parent: str) -> tuple[dict[str, Any] | None, str]:
    """The parent's row of the board as it was at an event time, from the tape; else why not."""
    if not parent:
        return None, "the decision was not about one parent"
    client = LookbackClient(folder.path)
    try:
        reader = BoardReader(client.desk_as_of(at_ns))
        names = reader.texts(reader.column("parents", "parent_id"))
        if parent not in names:
            return None, "the board did not have this parent then"
        row = reader.rows("parents")[names.index(parent)]
        texts = {n: reader.text(int(row[n])) for n in PARENT_ROW.names or () if PARENT_ROW[n].str[1:] == "u4"}
    except (FeedError, BoardError) as error:
        return None, f"the past cannot be asked: {error}; run the session and pack again"
    finally:
        client.close()
    numbers = {n: _defined(row[n].item()) for n in PARENT_ROW.names or () if n not in texts}
    return {name: texts.get(name) or numbers.get(name) for name in PARENT_ROW.names or ()}, ""


def data_of(folder: RuntimeFolder, at_ns: int) -> dict[str, Any]:
    """Which data the decision rests on: what was run, and the tape up to then."""
    session = folder.session()
    tape: dict[str, Any] = {"file": folder.tape.name, "there": folder.tape.exists()}
    if folder.tape.exists():
        tape["bytes"] = folder.tape.stat().st_size
    marks: list[str] = []
    with suppress(OSError):
        marks = [line for line in folder.marks.read_text("utf-8", "replace").splitlines() if _before(line, at_ns)][-3:]
    return {"session": session, "decided_at_ns": at_ns, "tape": tape, "run_hash_marks_before": marks}


def replay_words(folder: RuntimeFolder, at_ns: int, parent: str) -> str:
    """How to see it again."""
    return (
        f"The desk as it was: scorecard desk --replay {folder.tape.name}\n"
        f"then jump to event time {at_ns} ns and choose {parent or 'any order'}.\n"
        f"Every file again, bit for bit: scorecard replay {folder.tape.name} --out again\n"
    )


def record(folder: RuntimeFolder, entry: dict[str, str]) -> str:
    """Write that a pack was made into the audit's chain: through the control process, or by itself where none runs."""
    question = msgspec.json.encode(AskRecord(what="pack", entries=[entry]))
    try:
        line = Line(folder.socket("control"), _PATIENCE_S)
        try:
            line.ask(question)
        finally:
            line.close()
    except FeedError as error:
        if folder.running():
            raise FeedError(f"the pack is written, its hash is not in the audit: {error}") from error
        with AuditLog(folder.control / "audit.log") as log:
            log.write("pack", {"entry": entry})
        return "in the audit, written while no session ran"
    return "in the audit"


def _parent(found: Decision) -> str:
    """The parent a decision was about: by the message that named it, "" where none did."""
    scope = str(found.line.entry.get("scope", ""))
    if scope.startswith("parent:"):
        return scope.removeprefix("parent:")
    for line in found.about():
        for part in str(line.entry.get("raw", "")).split("\x01"):
            if part.startswith("526="):
                return part[4:]
    return ""


def _before(line: str, at_ns: int) -> bool:
    """True for a run hash (record, event ns, hash) of a moment before."""
    try:
        return msgspec.json.decode(line, type=tuple[int, int, str])[1] <= at_ns
    except msgspec.DecodeError:
        return False


def _defined(value: float) -> float | None:
    return None if value == NULL or value != value else value  # noqa: PLR0124


def _json(found: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
