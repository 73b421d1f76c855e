"""The page: one file, light, printable, without anything from elsewhere."""

from html import escape
from pathlib import Path
from typing import Final

from app.engine.errors import FeedError
from app.session.report import sections
from app.session.report.evidence import evidence
from app.session.report.source import Source, read

_STYLE: Final = """
:root { --ink: #1c2530; --faint: #66727f; --line: #dde3e9; --blue: #1f6fb2; --orange: #c9772b; --green: #3f8f63; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f8; color: var(--ink);
  font: 14px/1.5 "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 940px; margin: 24px auto; background: #fff; padding: 36px 40px; border: 1px solid var(--line); }
h1 { font-size: 26px; margin: 0; letter-spacing: -0.2px; }
h2 { font-size: 15px; margin: 34px 0 10px; padding-bottom: 5px; border-bottom: 1px solid var(--line); }
header p { margin: 4px 0; }
.facts, .faint, .legend { color: var(--faint); }
.undefined { color: #8a6d3b; font-style: italic; }
.note { background: #fff7e6; border-left: 3px solid #d9a441; padding: 8px 12px; margin: 14px 0 0; }
.light { font-weight: 600; padding: 1px 8px; border-radius: 3px; border: 1px solid var(--line); }
.light.amber { color: #8a5a00; background: #fdf0d5; } .light.red { color: #9b1c1c; background: #fde2e2; }
.light.green { color: #1e6b43; background: #e0f3e8; } .light.quiet, .light.grey { color: var(--faint); }
.light.lean { color: #8a5a00; }
.tiles { display: grid; grid-template-columns: repeat(6, 1fr); gap: 1px; margin-top: 20px; background: var(--line);
  border: 1px solid var(--line); }
.tiles div { background: #fff; padding: 10px 12px; }
.tiles b { display: block; font-size: 19px; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--faint); font-size: 12px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 500; color: var(--faint); font-size: 12px; }
td, th { padding: 4px 8px; border-bottom: 1px solid #eef1f4; } td { text-align: right; }
td:first-child, th:first-child { text-align: left; padding-left: 0; }
table.pairs { columns: 2; } .pairs thead { display: none; } table.narrow { width: 320px; } .of { padding-left: 18px; }
code { font: 12px Consolas, Menlo, monospace; word-break: break-all; }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: #edf0f3; } .zero { stroke: #9aa5b1; } .tick, .unit { font-size: 11px; fill: #66727f; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
polyline { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.slip { stroke: var(--blue); } .drift { stroke: var(--orange); stroke-dasharray: 4 3; stroke-width: 1.1; }
.liquidity-A { fill: var(--green); } .liquidity-R { fill: var(--orange); } .liquidity-X { fill: #7a68a6; }
.liquidity-D { fill: #51606f; } .liquidity-none { fill: #b9c2cb; }
.point { fill: var(--blue); stroke: var(--blue); stroke-width: 1.4; } .hollow { fill: #fff; }
.whisker { stroke: var(--blue); stroke-width: 1.4; }
.legend { font-size: 12px; margin: 4px 0 0 56px; } .legend span { margin-right: 18px; }
.key { display: inline-block; width: 16px; height: 3px; margin-right: 6px; vertical-align: middle;
  background: #b9c2cb; }
.key.slip { background: var(--blue); } .key.drift { background: var(--orange); }
.key.liquidity-A { background: var(--green); height: 10px; }
.key.liquidity-R { background: var(--orange); height: 10px; }
.key.liquidity-X { background: #7a68a6; height: 10px; } .key.liquidity-D { background: #51606f; height: 10px; }
@media print { body { background: #fff; } main { border: 0; margin: 0; padding: 0; max-width: none; }
  section { break-inside: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
_PARTS: Final = (
    sections.heading, sections.notes, sections.headline, evidence, sections.costs, sections.saving, sections.slippage,
    sections.fills, sections.markouts, sections.diagnostics, sections.benchmarks, sections.quality, sections.hashes,
)  # fmt: skip


def page(source: Source) -> str:
    """The whole page."""
    title = escape(f"Scorecard {source.parent['parent_id']}")
    body = "".join(part(source) for part in _PARTS)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def write_report(folder: Path, parent_id: str, out: Path) -> None:
    """Write the page of an order of a run. Raises FeedError where either cannot be."""
    text = page(read(folder, parent_id))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
    except OSError as error:
        raise FeedError(f"{out}: the report cannot be written: {error.strerror or error}") from error
