-- Up Migration
-- What a future's venue says of funding and of the price it values positions by; "next_ts" is when the rate is due.
CREATE TABLE funding_rates (
  instrument_id integer NOT NULL,
  ts            timestamptz NOT NULL,
  rate          numeric NOT NULL,
  next_ts       timestamptz NOT NULL,
  UNIQUE (instrument_id, ts)
) PARTITION BY RANGE (ts);

CREATE TABLE mark_prices (
  instrument_id integer NOT NULL,
  ts            timestamptz NOT NULL,
  price         numeric NOT NULL CHECK (price > 0),
  index_price   numeric CHECK (index_price > 0),
  UNIQUE (instrument_id, ts)
) PARTITION BY RANGE (ts);

INSERT INTO horizons (facts) VALUES ('rates');

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    ALTER TABLE funding_rates RENAME TO funding_rates_shell;
    ALTER TABLE mark_prices RENAME TO mark_prices_shell;
    CREATE TABLE funding_rates (LIKE funding_rates_shell INCLUDING ALL);
    CREATE TABLE mark_prices (LIKE mark_prices_shell INCLUDING ALL);
    DROP TABLE funding_rates_shell, mark_prices_shell;
    PERFORM create_hypertable('funding_rates', 'ts', chunk_time_interval => interval '7 days', create_default_indexes => false);
    PERFORM create_hypertable('mark_prices', 'ts', chunk_time_interval => interval '1 day', create_default_indexes => false);
    IF current_setting('timescaledb.license', true) = 'timescale' THEN
      ALTER TABLE mark_prices SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument_id',
        timescaledb.compress_orderby = 'ts');
    END IF;
  END IF;
END $$;

-- Down Migration
DELETE FROM horizons WHERE facts = 'rates';
DROP TABLE funding_rates, mark_prices;
