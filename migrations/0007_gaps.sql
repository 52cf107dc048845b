-- Up Migration
-- Since when a symbol's trades are recorded live; null where they never were, such as those of a replay.
ALTER TABLE instruments ADD COLUMN recorded_from timestamptz;
UPDATE instruments SET recorded_from = (SELECT min(ts) FROM trades WHERE instrument_id = instruments.id);

CREATE TYPE gap_cause AS ENUM ('disconnect', 'sequence', 'overflow', 'crash', 'redis');
CREATE TYPE gap_state AS ENUM ('open', 'closed', 'unfillable');

-- The gap ledger: every stretch of a symbol's trades that may have been lost, and what became of it.
CREATE TABLE gaps (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instrument_id integer NOT NULL REFERENCES instruments,
  cause         gap_cause NOT NULL,
  detail        text NOT NULL,
  noticed_at    timestamptz NOT NULL,
  from_ts       timestamptz NOT NULL,
  from_id       text COLLATE "C" NOT NULL,
  to_ts         timestamptz,
  to_id         text COLLATE "C",
  reached_ts    timestamptz NOT NULL,
  reached_id    text COLLATE "C" NOT NULL,
  state         gap_state NOT NULL DEFAULT 'open',
  missing       bigint,
  filled        bigint NOT NULL DEFAULT 0,
  reason        text,
  task_id       text,
  tries         integer NOT NULL DEFAULT 0,
  retry_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at     timestamptz,
  UNIQUE (instrument_id, cause, noticed_at, from_id)
);
COMMENT ON COLUMN gaps.from_id IS 'the last trade known before it';
COMMENT ON COLUMN gaps.to_id IS 'the first trade known after it; null: none was known, it reaches to the present';
COMMENT ON COLUMN gaps.reached_id IS 'up to this trade the archive is whole again';
COMMENT ON COLUMN gaps.missing IS 'how many trades it was; null: nobody can tell';
CREATE INDEX gaps_not_closed ON gaps (retry_at) WHERE state <> 'closed';
CREATE INDEX gaps_by_time ON gaps (instrument_id, from_ts);

-- Down Migration
DROP TABLE gaps;
DROP TYPE gap_state;
DROP TYPE gap_cause;
ALTER TABLE instruments DROP COLUMN recorded_from;
