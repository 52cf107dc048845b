-- Up Migration
-- Market facts. One small id for venue and symbol keeps the hot index narrow.
CREATE TABLE instruments (
  id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  venue  text NOT NULL,
  symbol text NOT NULL,
  UNIQUE (venue, symbol)
);

CREATE TYPE side AS ENUM ('buy', 'sell');

CREATE TABLE trades (
  instrument_id integer NOT NULL,
  ts            timestamptz NOT NULL,
  trade_id      text COLLATE "C" NOT NULL,
  price         numeric NOT NULL CHECK (price > 0),
  size          numeric NOT NULL CHECK (size > 0),
  side          side NOT NULL,
  UNIQUE (instrument_id, ts, trade_id)
) PARTITION BY RANGE (ts);
COMMENT ON COLUMN trades.side IS 'the taker''s side';

-- Closed candles only; "ts" is the open time.
CREATE TABLE candles (
  instrument_id integer NOT NULL,
  interval      text COLLATE "C" NOT NULL,
  ts            timestamptz NOT NULL,
  open          numeric NOT NULL,
  high          numeric NOT NULL,
  low           numeric NOT NULL,
  close         numeric NOT NULL,
  volume        numeric NOT NULL,
  UNIQUE (instrument_id, interval, ts)
) PARTITION BY RANGE (ts);

-- "bids" and "asks" are [["price","size"], …], best first.
CREATE TABLE book_snapshots (
  instrument_id integer NOT NULL,
  ts            timestamptz NOT NULL,
  bids          jsonb NOT NULL,
  asks          jsonb NOT NULL,
  UNIQUE (instrument_id, ts)
) PARTITION BY RANGE (ts);

-- Frames that no adapter could read, cut to a bounded length, with the reason.
CREATE TABLE bad_frames (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  venue       text NOT NULL,
  received_at timestamptz NOT NULL,
  reason      text NOT NULL,
  bytes       integer NOT NULL,
  head        text NOT NULL,
  digest      text NOT NULL,
  UNIQUE (venue, received_at, digest)
);

-- Makes the partition of "parent" that holds "at". With TimescaleDB the tables are hypertables and need none.
CREATE FUNCTION ensure_partition(parent text, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  day  timestamptz := date_trunc('day', at, 'UTC');
  part text := format('%s_%s', parent, to_char(day AT TIME ZONE 'UTC', 'YYYYMMDD'));
BEGIN
  IF to_regclass(part) IS NOT NULL OR (SELECT relkind <> 'p' FROM pg_class WHERE oid = parent::regclass) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ensure_partition'));
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
    part, parent, day, day + interval '1 day');
END $$;

DO $$
BEGIN
  -- Installed but not preloaded, or not ours to create: plain partitions serve.
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
    AND current_setting('shared_preload_libraries') LIKE '%timescaledb%' THEN
    BEGIN
      CREATE EXTENSION IF NOT EXISTS timescaledb;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE NOTICE 'TimescaleDB is there, but this user may not create the extension';
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    -- A hypertable is made from a plain table, so the partitioned shells are laid again without their partitioning.
    ALTER TABLE trades RENAME TO trades_shell;
    ALTER TABLE candles RENAME TO candles_shell;
    ALTER TABLE book_snapshots RENAME TO book_snapshots_shell;
    CREATE TABLE trades (LIKE trades_shell INCLUDING ALL);
    CREATE TABLE candles (LIKE candles_shell INCLUDING ALL);
    CREATE TABLE book_snapshots (LIKE book_snapshots_shell INCLUDING ALL);
    DROP TABLE trades_shell, candles_shell, book_snapshots_shell;
    PERFORM create_hypertable('trades', 'ts', chunk_time_interval => interval '1 day', create_default_indexes => false);
    PERFORM create_hypertable('candles', 'ts', chunk_time_interval => interval '7 days', create_default_indexes => false);
    PERFORM create_hypertable('book_snapshots', 'ts', chunk_time_interval => interval '1 day', create_default_indexes => false);
  END IF;
END $$;

-- Down Migration
DROP TABLE trades, candles, book_snapshots, bad_frames, instruments;
DROP FUNCTION ensure_partition;
DROP TYPE side;
