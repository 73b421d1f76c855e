"""Names of FIX tags and values; a message in words, groups indented. For the screen, decodes nothing."""

from typing import Final, NamedTuple

SOH: Final = b"\x01"
SOH_SHOWN: Final = "␁"  # the separator, visible

_NAMES: Final = """
1 Account, 6 AvgPx, 7 BeginSeqNo, 8 BeginString, 9 BodyLength, 10 CheckSum, 11 ClOrdID, 12 Commission, 13 CommType,
14 CumQty, 15 Currency, 16 EndSeqNo, 17 ExecID, 18 ExecInst, 19 ExecRefID, 20 ExecTransType, 21 HandlInst,
22 SecurityIDSource, 23 IOIID, 29 LastCapacity, 30 LastMkt, 31 LastPx, 32 LastQty, 34 MsgSeqNum, 35 MsgType,
36 NewSeqNo, 37 OrderID, 38 OrderQty, 39 OrdStatus, 40 OrdType, 41 OrigClOrdID, 43 PossDupFlag, 44 Price,
45 RefSeqNum, 47 Rule80A, 48 SecurityID, 49 SenderCompID, 50 SenderSubID, 52 SendingTime, 54 Side, 55 Symbol,
56 TargetCompID, 57 TargetSubID, 58 Text, 59 TimeInForce, 60 TransactTime, 63 SettlType, 64 SettlDate, 65 SymbolSfx,
75 TradeDate, 76 ExecBroker, 78 NoAllocs, 79 AllocAccount, 80 AllocQty, 95 RawDataLength, 96 RawData, 97 PossResend,
98 EncryptMethod, 99 StopPx, 100 ExDestination, 102 CxlRejReason, 103 OrdRejReason, 108 HeartBtInt, 109 ClientID,
110 MinQty, 111 MaxFloor, 112 TestReqID, 113 ReportToExch, 114 LocateReqd, 115 OnBehalfOfCompID,
116 OnBehalfOfSubID, 119 SettlCurrAmt, 120 SettlCurrency, 122 OrigSendingTime, 123 GapFillFlag, 126 ExpireTime,
128 DeliverToCompID, 129 DeliverToSubID, 136 NoMiscFees, 137 MiscFeeAmt, 138 MiscFeeCurr, 139 MiscFeeType,
140 PrevClosePx, 141 ResetSeqNumFlag, 142 SenderLocationID, 143 TargetLocationID, 150 ExecType, 151 LeavesQty,
152 CashOrderQty, 167 SecurityType, 168 EffectiveTime, 198 SecondaryOrderID, 207 SecurityExchange, 210 MaxShow,
211 PegOffsetValue, 228 Factor, 278 MDEntryID, 336 TradingSessionID, 337 ContraTrader, 354 EncodedTextLen,
355 EncodedText, 371 RefTagID, 372 RefMsgType, 373 SessionRejectReason, 375 ContraBroker, 376 ComplianceID,
378 ExecRestatementReason, 379 BusinessRejectRefID, 380 BusinessRejectReason, 382 NoContraBrokers, 385 MsgDirection,
388 DiscretionInst, 389 DiscretionOffsetValue, 423 PriceType, 424 DayOrderQty, 425 DayCumQty, 426 DayAvgPx,
432 ExpireDate, 434 CxlRejResponseTo, 439 ClearingFirm, 440 ClearingAccount, 447 PartyIDSource, 448 PartyID,
452 PartyRole, 453 NoPartyIDs, 460 Product, 461 CFICode, 483 TransBkdTime, 523 PartySubID, 526 SecondaryClOrdID,
527 SecondaryExecID, 528 OrderCapacity, 529 OrderRestrictions, 553 Username, 554 Password, 581 AccountType,
583 ClOrdLinkID, 584 MassStatusReqID, 636 WorkingIndicator, 660 AcctIDSource, 797 CopyMsgIndicator,
802 NoPartySubIDs, 803 PartySubIDType, 847 TargetStrategy, 848 TargetStrategyParameters, 849 ParticipationRate,
851 LastLiquidityInd, 880 TrdMatchID, 957 NoStrategyParameters, 958 StrategyParameterName,
959 StrategyParameterType, 960 StrategyParameterValue, 1057 AggressorIndicator, 1080 RefOrderID, 1094 PegPriceType,
1128 ApplVerID, 1137 DefaultApplVerID, 1138 DisplayQty
"""
NAMES: Final = {int(number): name for number, name in (entry.split() for entry in _NAMES.split(","))}

_VALUES: Final[dict[int, str]] = {
    20: "0 new, 1 cancel, 2 correct, 3 status",
    21: "1 automated private, 2 automated public, 3 manual",
    35: "0 Heartbeat, 1 TestRequest, 2 ResendRequest, 3 Reject, 4 SequenceReset, 5 Logout, 8 ExecutionReport, "
        "9 OrderCancelReject, A Logon, D NewOrderSingle, F OrderCancelRequest, G OrderCancelReplaceRequest, "
        "H OrderStatusRequest, Q DontKnowTrade, j BusinessMessageReject, q OrderMassCancelRequest, "
        "r OrderMassCancelReport",
    39: "0 new, 1 partially filled, 2 filled, 3 done for day, 4 cancelled, 5 replaced, 6 pending cancel, 7 stopped, "
        "8 rejected, 9 suspended, A pending new, B calculated, C expired, D accepted for bidding, E pending replace",
    40: "1 market, 2 limit, 3 stop, 4 stop limit, 5 market on close, P pegged",
    54: "1 buy, 2 sell, 3 buy minus, 4 sell plus, 5 sell short, 6 sell short exempt",
    59: "0 day, 1 good till cancel, 2 at the opening, 3 immediate or cancel, 4 fill or kill, 5 good till crossing, "
        "6 good till date, 7 at the close",
    102: "0 too late, 1 unknown order, 2 broker option, 3 already pending, 6 duplicate ClOrdID, 99 other",
    150: "0 new, 1 partial fill, 2 fill, 3 done for day, 4 cancelled, 5 replaced, 6 pending cancel, 7 stopped, "
         "8 rejected, 9 suspended, A pending new, B calculated, C expired, D restated, E pending replace, F trade, "
         "G trade correct, H trade cancel, I order status",
    434: "1 cancel request, 2 cancel/replace request",
    851: "1 added, 2 removed, 3 routed out, 4 auction",
}  # fmt: skip
VALUES: Final = {tag: dict(entry.split(" ", 1) for entry in words.split(", ")) for tag, words in _VALUES.items()}

# tag that counts the entries of a group -> tags that may stand in an entry, the first one begins it
_GROUPS: Final[dict[int, tuple[int, ...]]] = {
    78: (79, 661, 736, 467, 80),
    136: (137, 138, 139, 891),
    382: (375, 337, 437, 438, 655),
    453: (448, 447, 452, 802),
    802: (523, 803),
    957: (958, 959, 960),
}


_DIGITS: Final = 9  # of a tag at most: damaged bytes may have thousands, which are no number to Python


class Line(NamedTuple):
    """One tag of a message: nesting depth, number, name, value as sent, what the value means."""

    depth: int
    tag: str
    name: str
    value: str
    meaning: str


def looks_like_fix(raw: bytes) -> bool:
    """True for raw FIX; other rows of the tape are kept in words."""
    return raw.startswith(b"8=FIX") and SOH in raw


def lines(raw: bytes) -> list[Line]:
    """A raw FIX message, one line a tag in the order sent; tags of a repeating group one level in.

    Whatever is no `tag=value` is shown as it is.
    """
    out: list[Line] = []
    open_groups: list[tuple[int, ...]] = []
    for field in raw.rstrip(SOH).split(SOH):
        head, equals, value = field.partition(b"=")
        said = value.decode("utf-8", "replace")
        if not equals or not head.isdigit() or len(head) > _DIGITS:
            out.append(Line(0, "", "", field.decode("utf-8", "replace"), "not a tag"))
            continue
        tag = int(head)
        while open_groups and tag not in open_groups[-1]:
            open_groups.pop()
        out.append(Line(len(open_groups), head.decode(), NAMES.get(tag, ""), said, VALUES.get(tag, {}).get(said, "")))
        if tag in _GROUPS and said.strip("0"):
            open_groups.append(_GROUPS[tag])
    return out


def begins(line: Line) -> bool:
    """True for the tag that begins an entry of a group."""
    return any(line.tag == str(tags[0]) for tags in _GROUPS.values()) and line.depth > 0


def shown(raw: bytes) -> str:
    """The message on one line, separators visible."""
    return raw.decode("utf-8", "replace").replace("\x01", SOH_SHOWN)


def headline(raw: bytes) -> str:
    """What a message is, in a few words: ExecutionReport, trade, 39 partially filled."""
    if not looks_like_fix(raw):
        return raw[:80].decode("utf-8", "replace").splitlines()[0] if raw else ""
    tags = {line.tag: line for line in reversed(lines(raw))}
    said = [tags["35"].meaning or f"35={tags['35'].value}"] if "35" in tags else []
    said += [tags[tag].meaning for tag in ("150", "39") if tag in tags and tags[tag].meaning]
    if "58" in tags:
        said.append(f"“{tags['58'].value}”")
    return ", ".join(dict.fromkeys(said))
