"""Fields of FIX a rule may name (FIX_Price): their tags and types."""

from collections.abc import Mapping
from typing import Final

_FIELDS: Final[dict[str, tuple[int, str]]] = {
    "Account": (1, "String"), "ClOrdID": (11, "String"), "Currency": (15, "Currency"), "HandlInst": (21, "Char"),
    "OrderQty": (38, "Qty"), "OrdType": (40, "Char"), "Price": (44, "Price"), "Rule80A": (47, "Char"),
    "Side": (54, "Char"), "Symbol": (55, "String"), "Text": (58, "String"), "TimeInForce": (59, "Char"),
    "StopPx": (99, "Price"), "ExDestination": (100, "Exchange"), "MinQty": (110, "Qty"), "MaxFloor": (111, "Qty"),
    "LocateReqd": (114, "Boolean"), "ExpireTime": (126, "UTCTimestamp"), "EffectiveTime": (168, "UTCTimestamp"),
    "SecurityType": (167, "String"), "SecurityExchange": (207, "Exchange"), "ExpireDate": (432, "LocalMktDate"),
    "OrderCapacity": (528, "Char"), "MaxShow": (210, "Qty"), "PegOffsetValue": (211, "Float"),
    "CashOrderQty": (152, "Qty"), "ParticipationRate": (849, "Percentage"), "MaxPriceLevels": (1090, "Int"),
    "DisplayQty": (1138, "Qty"),
}  # fmt: skip

FIX_TYPES: Final = {f"FIX_{name}": kind for name, (_, kind) in _FIELDS.items()}
_BY_TAG: Final = {tag: f"FIX_{name}" for name, (tag, _) in _FIELDS.items()}


def order_fields(tags: Mapping[int, str]) -> dict[str, str]:
    """An order's tags under the names rules use."""
    return {_BY_TAG[tag]: value for tag, value in tags.items() if tag in _BY_TAG}
