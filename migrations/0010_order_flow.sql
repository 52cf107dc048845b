-- Up Migration
-- What books and takers said of supply and demand, at a cadence: shared/domain/order-flow.ts has the meanings.
CREATE TABLE order_flow (
  instrument_id     integer NOT NULL,
  ts                timestamptz NOT NULL,
  spread_bp         double precision NOT NULL,
  imbalance         double precision NOT NULL,
  bid_concentration double precision NOT NULL,
  ask_concentration double precision NOT NULL,
  depth_bp          double precision NOT NULL,
  bid_depth         double precision NOT NULL,
  ask_depth         double precision NOT NULL,
  notional          double precision NOT NULL,
  buy_slippage_bp   double precision,
  sell_slippage_bp  double precision,
  buy_volume        double precision NOT NULL,
  sell_volume       double precision NOT NULL,
  UNIQUE (instrument_id, ts)
) PARTITION BY RANGE (ts);

INSERT INTO horizons (facts) VALUES ('flows');

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    ALTER TABLE order_flow RENAME TO order_flow_shell;
    CREATE TABLE order_flow (LIKE order_flow_shell INCLUDING ALL);
    DROP TABLE order_flow_shell;
    PERFORM create_hypertable('order_flow', 'ts', chunk_time_interval => interval '1 day', create_default_indexes => false);
    IF current_setting('timescaledb.license', true) = 'timescale' THEN
      ALTER TABLE order_flow SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument_id',
        timescaledb.compress_orderby = 'ts');
    END IF;
  END IF;
END $$;

-- Down Migration
DELETE FROM horizons WHERE facts = 'flows';
DROP TABLE order_flow;
