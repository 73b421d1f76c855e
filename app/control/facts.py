"""Raw FIX in, facts for the machine out."""

from collections.abc import Callable

from app.engine.switch.facts import CancelRefused, Fact, MassCancelAnswered, Rejected, Report
from app.feeds.decode.fix_fields import FixMessage, decoded, scaled
from app.feeds.decode.fix_frame import frame_one

# MsgType and ClOrdID of the message of ours with a sequence number; None: not ours.
SentBySeq = Callable[[int], tuple[str, str] | None]


def parsed(raw: bytes) -> FixMessage | str:
    """One message, or why it is none."""
    return frame_one(raw)


def fact_of(message: FixMessage, sent: SentBySeq) -> Fact | str:
    """The fact a message tells; a text where it tells none, saying why."""
    match message.kind:
        case "8":
            return _report(message)
        case "9":
            return CancelRefused(
                cl_ord_id=message.text(11) or "",
                orig_cl_ord_id=message.text(41) or "",
                order_id=message.text(37) or "",
                status=message.text(39) or "",
                reason=message.text(102) or "",
                text=message.text(58) or "",
            )
        case "r":
            taken = message.text(531) != "0"
            return MassCancelAnswered(cl_ord_id=message.text(11) or "", accepted=taken, text=message.text(58) or "")
        case "3" | "j":
            return _rejected(message, sent)
        case kind:
            return f"35={kind} says nothing about an order"


def _report(message: FixMessage) -> Report:
    tags = tuple((tag, decoded(value)) for tag, value in message.fields if value)
    return Report(
        exec_type=_exec_type(message),
        status=message.text(39) or "",
        cl_ord_id=message.text(11) or "",
        orig_cl_ord_id=message.text(41) or "",
        order_id=message.text(37) or "",
        exec_id=message.text(17) or "",
        ref_exec_id=message.text(19) or "",
        qty=_qty(message, 38),
        cum=_qty(message, 14),
        leaves=_qty(message, 151),
        last_qty=_qty(message, 32),
        text=message.text(58) or "",
        tags=tags,
    )


def _exec_type(message: FixMessage) -> str:
    """150; of FIX 4.2 the bust (20=1), the correction (20=2) and the status (20=3) as 4.4 has them; else 39."""
    told = {"1": "H", "2": "G", "3": "I"}.get(message.text(20) or "")
    return told or message.text(150) or message.text(39) or "?"


def _qty(message: FixMessage, tag: int) -> int | None:
    """A whole quantity; None when absent or not whole: CumQty is then only what other reports say."""
    text = message.first.get(tag)
    number = None if text is None else scaled(text, 0)
    return number if number is not None and number >= 0 else None


def _rejected(message: FixMessage, sent: SentBySeq) -> Rejected | str:
    """By RefSeqNum, else by BusinessRejectRefID."""
    text, seq = message.text(58) or f"35={message.kind}", message.text(45) or ""
    ours = sent(int(seq)) if seq.isascii() and seq.isdigit() and len(seq) < 10 else None
    if ours is not None:
        return Rejected(cl_ord_id=ours[1], kind=ours[0], text=text)
    if message.text(379) and message.text(372) in {"D", "F", "G", "H", "q"}:
        return Rejected(cl_ord_id=message.text(379) or "", kind=message.text(372) or "", text=text)
    return f"35={message.kind} on a message that is not ours: {text}"
