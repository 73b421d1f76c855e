"""The archive's market table in SQL (DuckDB's): what `unpacking` does, said as one view over the packed columns."""

from typing import Final

MACROS: Final = (
    # zigzag undone: bits of an int64 that may stand for more than 2**63
    "CREATE OR REPLACE MACRO unzigzag(z) AS xor((z >> 1) & 9223372036854775807, -(z & 1))",
    # a sum as an int64 that wraps, and as an unsigned number of 64 bits
    "CREATE OR REPLACE MACRO unsigned(s) AS ((s % 18446744073709551616) + 18446744073709551616) % 18446744073709551616",
    "CREATE OR REPLACE MACRO wrapped(s) AS CAST(unsigned(s + 9223372036854775808) - 9223372036854775808 AS BIGINT)",
)
_VIEW: Final = """
WITH running AS (
  SELECT date, chunk, "row", coalesce(back, 0) AS back, action, side, instrument, flags, condition, status, id,
         wrapped(sum(unzigzag(coalesce(ts, 0))) OVER so_far) AS ts_event,
         wrapped(sum(unzigzag(coalesce(recv, 0))) OVER so_far) AS ts_recv,
         last_value(source IGNORE NULLS) OVER so_far AS source,
         last_value(venue IGNORE NULLS) OVER so_far AS venue,
         first_value(unit) OVER so_far AS unit,
         seq, price, size, price2, size2
  FROM {packed}
  WINDOW so_far AS (PARTITION BY chunk ORDER BY "row" ROWS UNBOUNDED PRECEDING)
), summed AS (
  SELECT * EXCLUDE (seq, id, price, size),
         CAST(unsigned(sum(unzigzag(seq)) OVER of_source) AS UBIGINT) AS seq,
         CASE WHEN id IS NULL THEN 0 ELSE CAST(unsigned(sum(unzigzag(id)) OVER of_venue) AS UBIGINT) END AS order_id,
         unzigzag(coalesce(price, 0)) AS step,
         CASE WHEN back = 0 AND price IS NOT NULL THEN
           sum(CASE WHEN back = 0 THEN unzigzag(price) END) OVER of_side END AS steps,
         unzigzag(size) AS size
  FROM running
  WINDOW of_source AS (PARTITION BY chunk, source ORDER BY "row" ROWS UNBOUNDED PRECEDING),
         of_venue AS (PARTITION BY chunk, venue ORDER BY "row" ROWS UNBOUNDED PRECEDING),
         of_side AS (PARTITION BY chunk, instrument, side ORDER BY "row" ROWS UNBOUNDED PRECEDING)
), whole AS (
  SELECT own.* EXCLUDE (order_id, side, instrument, size, steps, step),
         CASE WHEN own.back > 0 THEN first.order_id ELSE own.order_id END AS order_id,
         coalesce(own.side, first.side) AS side, coalesce(own.instrument, first.instrument) AS instrument,
         CAST(own.unit * CASE WHEN own.back > 0 THEN coalesce(first.steps, 0) + own.step ELSE own.steps END
              AS BIGINT) AS price,
         CASE WHEN own.back > 0 THEN coalesce(first.size, 0) + coalesce(own.size, 0) ELSE own.size END AS size
  FROM summed AS own LEFT JOIN summed AS first
    ON own.back > 0 AND first.chunk = own.chunk AND first."row" = own."row" - own.back
)
SELECT date, chunk, "row", ts_event, ts_recv, source, seq, instrument, venue, action, side,
       CASE WHEN action <> 'Q' THEN price END AS price, CASE WHEN action <> 'Q' THEN size END AS size, order_id,
       CASE WHEN action = 'Q' THEN price END AS bid_price, CASE WHEN action = 'Q' THEN size END AS bid_size,
       CASE WHEN action = 'Q' THEN unzigzag(price2) * unit + coalesce(price, 0) END AS ask_price,
       CASE WHEN action = 'Q' THEN unzigzag(size2) END AS ask_size,
       flags, coalesce(condition, 'regular') AS condition, status
FROM whole
"""


def market_view(packed: str) -> str:
    """The SELECT that gives market rows, by the names of the session format, out of the packed table `packed`."""
    return _VIEW.format(packed=packed)
