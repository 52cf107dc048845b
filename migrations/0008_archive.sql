-- Up Migration
-- Two kinds of candles. "candles" holds those that the venue published, once they closed. The views
-- "built_candles_1m" … "built_candles_1d" hold those that our archived trades come to, each level built from the one
-- below. A bucket without trades has no built candle. Of trades in one millisecond the lower id was first.

-- What is older than this was dropped, or will be: no candle is built again from what is left of its trades.
CREATE TABLE horizons (
  facts     text PRIMARY KEY,
  kept_from timestamptz NOT NULL DEFAULT 'epoch'
);
INSERT INTO horizons (facts) VALUES ('trades'), ('candles'), ('books');

-- Makes the partition of "parent" that holds "at": a day, or a month of what there is little of.
CREATE OR REPLACE FUNCTION ensure_partition(parent text, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  unit  text := CASE WHEN parent IN ('candles', 'funding_rates') THEN 'month' ELSE 'day' END;
  start timestamp := date_trunc(unit, at AT TIME ZONE 'UTC');
  part  text := format('%s_%s', parent, to_char(start, CASE unit WHEN 'month' THEN 'YYYYMM' ELSE 'YYYYMMDD' END));
BEGIN
  IF to_regclass(part) IS NOT NULL OR (SELECT relkind <> 'p' FROM pg_class WHERE oid = parent::regclass) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ensure_partition'));
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
    part, parent, start AT TIME ZONE 'UTC', (start + ('1 ' || unit)::interval) AT TIME ZONE 'UTC');
END $$;

-- How far on plain PostgreSQL the levels are kept in tables; from there on their views read the level below.
CREATE TABLE built_until (ts timestamptz NOT NULL);
INSERT INTO built_until VALUES ('epoch');

-- Minutes whose candles are to be built (again). Marks are added with the trades themselves, in their transaction, and
-- only ever added: a writer waits for no builder, and a builder that sees a mark sees its trades.
CREATE TABLE unbuilt_minutes (
  instrument_id integer NOT NULL,
  ts            timestamptz NOT NULL
);

CREATE FUNCTION mark_unbuilt_minutes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO unbuilt_minutes SELECT DISTINCT instrument_id, date_bin('1 minute', ts, 'epoch') FROM added;
  RETURN NULL;
END $$;

DO $$
DECLARE
  is_hypertable boolean := (SELECT relkind <> 'p' FROM pg_class WHERE oid = 'trades'::regclass);
  -- The Apache edition of TimescaleDB has hypertables only.
  is_continuous boolean := is_hypertable AND current_setting('timescaledb.license', true) = 'timescale';
  of_trades  text := '(array_agg(price ORDER BY ts, length(trade_id), trade_id))[1] AS open, max(price) AS high,
    min(price) AS low, (array_agg(price ORDER BY ts, length(trade_id), trade_id))[count(*)] AS close,
    trim_scale(sum(size)) AS volume, trim_scale(sum(price * size)) AS quote_volume, count(*) AS trades';
  of_candles text := '(array_agg(open ORDER BY ts))[1] AS open, max(high) AS high, min(low) AS low,
    (array_agg(close ORDER BY ts))[count(*)] AS close, trim_scale(sum(volume)) AS volume,
    trim_scale(sum(quote_volume)) AS quote_volume, sum(trades)::bigint AS trades';
  level record;
BEGIN
  IF is_continuous THEN
    ALTER TABLE trades SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument_id',
      timescaledb.compress_orderby = 'ts, trade_id');
    ALTER TABLE candles SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument_id, interval',
      timescaledb.compress_orderby = 'ts');
    ALTER TABLE book_snapshots SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument_id',
      timescaledb.compress_orderby = 'ts');
    -- A refresh looks for one minute of all instruments, which the unique index can't find.
    CREATE INDEX trades_time ON trades USING brin (ts) WITH (pages_per_range = 16, autosummarize = on);
  ELSE
    CREATE TRIGGER trades_added AFTER INSERT ON trades REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION mark_unbuilt_minutes();
    INSERT INTO unbuilt_minutes SELECT DISTINCT instrument_id, date_bin('1 minute', ts, 'epoch') FROM trades;
  END IF;

  IF NOT is_hypertable THEN
    -- A day of one-minute candles is small and history comes by the year: months instead of days.
    ALTER TABLE candles RENAME TO candles_by_day;
    CREATE TABLE candles (LIKE candles_by_day INCLUDING ALL) PARTITION BY RANGE (ts);
    PERFORM ensure_partition('candles', month)
      FROM (SELECT DISTINCT date_trunc('month', ts AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month FROM candles_by_day) m;
    INSERT INTO candles SELECT * FROM candles_by_day;
    DROP TABLE candles_by_day;
  END IF;

  FOR level IN SELECT * FROM (VALUES
    ('built_candles_1m', interval '1 minute', 'trades', of_trades),
    ('built_candles_5m', '5 minutes', 'built_candles_1m', of_candles),
    ('built_candles_15m', '15 minutes', 'built_candles_5m', of_candles),
    ('built_candles_1h', '1 hour', 'built_candles_15m', of_candles),
    ('built_candles_4h', '4 hours', 'built_candles_1h', of_candles),
    ('built_candles_1d', '1 day', 'built_candles_4h', of_candles)) AS levels (name, width, below, sums)
  LOOP
    IF is_continuous THEN
      EXECUTE format('CREATE MATERIALIZED VIEW %I WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
        SELECT instrument_id, time_bucket(%L::interval, ts) AS ts, %s FROM %I GROUP BY 1, 2 WITH NO DATA',
        level.name, level.width, level.sums, level.below);
      CONTINUE;
    END IF;
    EXECUTE format('CREATE TABLE %I (
      instrument_id integer NOT NULL, ts timestamptz NOT NULL, open numeric NOT NULL, high numeric NOT NULL,
      low numeric NOT NULL, close numeric NOT NULL, volume numeric NOT NULL, quote_volume numeric NOT NULL,
      trades bigint NOT NULL, PRIMARY KEY (instrument_id, ts))', level.name || '_kept');
    EXECUTE format('CREATE VIEW %1$I AS
      SELECT * FROM %2$I WHERE ts < date_bin(%3$L::interval, (SELECT ts FROM built_until), ''epoch'')
      UNION ALL
      SELECT instrument_id, date_bin(%3$L::interval, ts, ''epoch'') AS ts, %4$s FROM %5$I
      WHERE ts >= date_bin(%3$L::interval, (SELECT ts FROM built_until), ''epoch'') GROUP BY 1, 2',
      level.name, level.name || '_kept', level.width, level.sums, level.below);
    -- Builds the candles of these buckets again from the level below.
    EXECUTE format('CREATE FUNCTION %1$I(instruments integer[], buckets timestamptz[]) RETURNS void LANGUAGE sql AS $f$
      INSERT INTO %2$I
      SELECT b.instrument_id, b.ts, sums.* FROM (SELECT DISTINCT * FROM unnest(instruments, buckets)) AS b (instrument_id, ts),
        LATERAL (SELECT %3$s FROM %4$I WHERE instrument_id = b.instrument_id AND ts >= b.ts AND ts < b.ts + %5$L::interval
          HAVING count(*) > 0) AS sums
      ON CONFLICT (instrument_id, ts) DO UPDATE SET open = excluded.open, high = excluded.high, low = excluded.low,
        close = excluded.close, volume = excluded.volume, quote_volume = excluded.quote_volume, trades = excluded.trades
      $f$', 'keep_' || level.name, level.name || '_kept', level.sums,
      CASE level.below WHEN 'trades' THEN 'trades' ELSE level.below || '_kept' END, level.width);
  END LOOP;
END $$;

-- Down Migration
DO $$
DECLARE
  level text;
  is_continuous boolean := (SELECT relkind = 'v' FROM pg_class WHERE oid = 'built_candles_1m'::regclass)
    AND to_regclass('built_candles_1m_kept') IS NULL;
BEGIN
  FOREACH level IN ARRAY ARRAY['1d', '4h', '1h', '15m', '5m', '1m'] LOOP
    IF is_continuous THEN
      EXECUTE format('DROP MATERIALIZED VIEW %I', 'built_candles_' || level);
    ELSE
      EXECUTE format('DROP VIEW %I', 'built_candles_' || level);
      EXECUTE format('DROP FUNCTION %I', 'keep_built_candles_' || level);
      EXECUTE format('DROP TABLE %I', 'built_candles_' || level || '_kept');
    END IF;
  END LOOP;
  IF is_continuous THEN
    PERFORM decompress_chunk(chunk, true) FROM unnest(ARRAY['trades', 'candles', 'book_snapshots']) AS part,
      show_chunks(part) AS chunk;
    ALTER TABLE trades SET (timescaledb.compress = false);
    ALTER TABLE candles SET (timescaledb.compress = false);
    ALTER TABLE book_snapshots SET (timescaledb.compress = false);
    DROP INDEX trades_time;
  ELSE
    DROP TRIGGER trades_added ON trades;
  END IF;
END $$;
DROP FUNCTION mark_unbuilt_minutes;
DROP TABLE unbuilt_minutes, built_until, horizons;
