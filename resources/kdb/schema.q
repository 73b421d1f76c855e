/ Tables of the Leakage Scorecard for tick.q: `q tick.q schema . -p 5010` with this file as tick/schema.q.
/ `time` is when the tickerplant had it, as tick.q wants it first; ts_* are UTC timestamps (ns). Integer prices are in 1e-9, sizes in units of the instrument.

/ market data, one row per venue event, as in a session folder
market:([]
  time:`timespan$();
  sym:`symbol$();
  ts_event:`timestamp$();
  ts_recv:`timestamp$();
  source:`symbol$();
  seq:`long$();
  venue:`symbol$();
  action:`symbol$();
  side:`symbol$();
  price:`long$();
  size:`long$();
  order_id:`long$();
  bid_price:`long$();
  bid_size:`long$();
  ask_price:`long$();
  ask_size:`long$();
  flags:`long$();
  condition:`symbol$();
  status:`symbol$())

/ the firm's own flow, one row per fact, as in a session folder
orders:([]
  time:`timespan$();
  sym:`symbol$();
  ts_event:`timestamp$();
  ts_recv:`timestamp$();
  source:`symbol$();
  seq:`long$();
  kind:`symbol$();
  parent_id:`symbol$();
  algo_order_id:`symbol$();
  child_id:`symbol$();
  orig_child_id:`symbol$();
  order_id:`symbol$();
  exec_id:`symbol$();
  ref_exec_id:`symbol$();
  venue:`symbol$();
  side:`symbol$();
  currency:`symbol$();
  account:`symbol$();
  trader:`symbol$();
  broker:`symbol$();
  desk:`symbol$();
  book:`symbol$();
  pm:`symbol$();
  basket_id:`symbol$();
  link_id:`symbol$();
  text:();
  qty:`long$();
  price:`long$();
  limit_price:`long$();
  ts_match:`timestamp$();
  order_type:`symbol$();
  tif:`symbol$();
  algo:`symbol$();
  params:();
  start_ns:`timestamp$();
  end_ns:`timestamp$();
  target_pov:`float$();
  max_pov:`float$();
  liquidity:`symbol$();
  fee:`long$();
  decision_price:`long$();
  decision_ns:`timestamp$();
  visibility:`symbol$();
  randomised:`symbol$();
  propensity:`float$();
  cum_qty:`long$();
  last_status:`symbol$();
  raw:())

/ instruments and rates, one a row, as JSON
reference:([]
  time:`timespan$();
  sym:`symbol$();
  kind:`symbol$();
  body:())

/ the usual tables of tick.q, for those who have them: prices are fractions of the currency
trade:([]
  time:`timespan$();
  sym:`symbol$();
  price:`float$();
  size:`long$();
  side:`symbol$();
  ex:`symbol$())

quote:([]
  time:`timespan$();
  sym:`symbol$();
  bid:`float$();
  ask:`float$();
  bsize:`long$();
  asize:`long$();
  ex:`symbol$())

/ what the engine found: an order as it stood, at most one row in `snapshot_ms`
scorecard:([]
  time:`timespan$();
  sym:`symbol$();
  as_of:`timestamp$();
  run:`symbol$();
  parent_id:`symbol$();
  side:`symbol$();
  algo:`symbol$();
  trader:`symbol$();
  account:`symbol$();
  currency:`symbol$();
  order_qty:`long$();
  filled_qty:`long$();
  avg_px:`float$();
  arrival_mid:`float$();
  participation:`float$();
  aggressor_share:`float$();
  slip_arrival_bps:`float$();
  is_bps:`float$();
  is_ccy:`float$();
  spread_ccy:`float$();
  drift_ccy:`float$();
  fees_ccy:`float$();
  cost_z:`float$();
  level:`symbol$();
  level_reason:`symbol$();
  status:`symbol$())

/ what of it is evidence of our own signals; undefined until it is measured
leakage:([]
  time:`timespan$();
  sym:`symbol$();
  as_of:`timestamp$();
  run:`symbol$();
  parent_id:`symbol$();
  algo:`symbol$();
  filled_qty:`long$();
  slip_arrival_bps:`float$();
  drift_ccy:`float$();
  drift_leak_ccy:`float$();
  drift_noise_ccy:`float$();
  leak_bps:`float$();
  leak_lo_bps:`float$();
  leak_hi_bps:`float$();
  leak_projected_bps:`float$();
  leak_ccy:`float$();
  e_value:`float$();
  p_anytime:`float$();
  status:`symbol$();
  status_reason:`symbol$())

/ every fill; of one that changed the last row counts
fills:([]
  time:`timespan$();
  sym:`symbol$();
  as_of:`timestamp$();
  run:`symbol$();
  ts_event:`timestamp$();
  fill_id:`symbol$();
  parent_id:`symbol$();
  child_id:`symbol$();
  side:`symbol$();
  qty:`long$();
  px:`float$();
  mid_before:`float$();
  slip_arrival_bps:`float$();
  cum_slip_bps:`float$();
  mid_drift_bps:`float$();
  eff_spread_bps:`float$();
  liquidity:`symbol$();
  venue:`symbol$())
