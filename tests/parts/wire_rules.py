"""What must hold after every scenario over the wire, whatever happened."""

from app.control.audit import verify
from app.engine.units import SECOND
from app.feeds.decode.fix_fields import utc_ns
from tests.parts.desk import QTY, Desk
from tests.parts.fix import Script

_REQUESTS = frozenset("DFG")


def insist(desk: Desk, script: Script, parent: str, *, over: int = 0, unseen: int = 0) -> None:
    """No double exposure, no lost fill, nothing stale, one request at a time, the audit whole.

    `over`: shares the broker did or undid by itself after the cancel; `unseen`: shares he never reported.
    """
    held = script.orders(parent)
    exposed = sum(order.working + order.cum for order in held)
    assert exposed <= QTY + over, held
    known = [order for order in desk.client.states().orders if order.parent_id == parent]
    assert sum(order.cum for order in known) == sum(order.cum for order in held) - unseen, (known, held)
    ids = {order.order_id for order in known}
    messages = script.journal()
    _fresh(messages)
    about = [tags for tags in messages if tags.get(526) == parent or tags.get(37) in ids]
    asked = {tags.get(11) for tags in about}
    _in_turn([tags for tags in messages if tags in about or tags.get(11) in asked or tags.get(379) in asked])
    lines, problems = verify(desk.runtime / "control" / "audit.log")
    assert lines
    assert not problems


def _fresh(messages: list[dict[int, str]]) -> None:
    """Nothing is sent a second time, and nothing long after it was made."""
    for tags in messages:
        if 49 in tags and tags[35] in _REQUESTS:
            assert tags.get(43) != "Y", tags
            made, sent = utc_ns(tags[60].encode()), utc_ns(tags[52].encode())
            assert made is not None
            assert sent is not None
            assert sent - made < 2 * SECOND, tags


def _in_turn(messages: list[dict[int, str]]) -> None:
    """One request in flight, but for a cancel; no new order before the old one is cancelled."""
    flying: set[str] = set()
    cancelled = False
    for tags in messages:
        kind, cl_ord_id = tags[35], tags.get(11, "")
        if 49 in tags and kind in _REQUESTS:
            assert not flying or kind == "F", (flying, tags)
            assert kind != "D" or cancelled, tags
            flying.add(cl_ord_id)
        elif kind in {"9", "j", "3"} or tags.get(150) in {"0", "4", "5", "8"}:
            flying.discard(tags.get(379, cl_ord_id))
            flying = set() if kind in {"j", "3"} else flying
            cancelled = cancelled or tags.get(150) == "4"
        elif tags.get(150) == "I":  # a status settles what was never answered
            flying = set()
