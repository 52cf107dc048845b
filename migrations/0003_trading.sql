-- Up Migration
CREATE TABLE signals (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instrument_id integer NOT NULL REFERENCES instruments,
  interval      text NOT NULL,
  strategy      text NOT NULL,
  ts            timestamptz NOT NULL,
  side          side NOT NULL,
  price         numeric NOT NULL,
  details       jsonb NOT NULL,
  live          boolean NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (instrument_id, interval, strategy, ts)
);
COMMENT ON COLUMN signals.ts IS 'close time of the candle that gave the signal';
COMMENT ON COLUMN signals.live IS 'found while fresh, not in a replay: only such a signal leads to mail and orders';
CREATE INDEX signals_newest ON signals (ts DESC, id DESC);

-- How far each series of candles has been evaluated; "ts" is the open time of the last candle.
CREATE TABLE evaluations (
  instrument_id integer NOT NULL REFERENCES instruments,
  interval      text NOT NULL,
  ts            timestamptz NOT NULL,
  PRIMARY KEY (instrument_id, interval)
);

-- One autopilot acts in the whole cluster: the token only grows, rows are never deleted.
CREATE TABLE leases (
  key        text PRIMARY KEY,
  token      bigint NOT NULL,
  holder     text NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE autopilots (
  name              text PRIMARY KEY,
  enabled           boolean NOT NULL DEFAULT true,
  venue             text NOT NULL,
  interval          text NOT NULL,
  strategy          text NOT NULL,
  order_fraction    numeric NOT NULL CHECK (order_fraction > 0 AND order_fraction <= 1),
  fee               numeric NOT NULL CHECK (fee >= 0),
  daily_trade_limit integer NOT NULL CHECK (daily_trade_limit >= 0),
  created_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE daily_trades (
  autopilot text NOT NULL REFERENCES autopilots,
  day       date NOT NULL,
  count     integer NOT NULL,
  PRIMARY KEY (autopilot, day)
);

CREATE TYPE order_state AS ENUM
  ('INTENT', 'SENDING', 'ACCEPTED', 'PARTLY_FILLED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'UNKNOWN');

-- An order begins as an intent, committed before anything else happens. Its client id is derived from it.
CREATE TABLE orders (
  id            uuid PRIMARY KEY,
  client_id     text NOT NULL UNIQUE,
  autopilot     text NOT NULL REFERENCES autopilots,
  signal_id     bigint NOT NULL REFERENCES signals,
  instrument_id integer NOT NULL REFERENCES instruments,
  mode          text NOT NULL CHECK (mode IN ('paper', 'live')),
  side          side NOT NULL,
  type          text NOT NULL DEFAULT 'market',
  size          numeric NOT NULL CHECK (size > 0),
  filled        numeric NOT NULL DEFAULT 0 CHECK (filled >= 0 AND filled <= size),
  average_price numeric,
  fee           numeric NOT NULL DEFAULT 0,
  state         order_state NOT NULL DEFAULT 'INTENT',
  reason        text,
  fence         bigint NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (autopilot, signal_id)
);
CREATE INDEX orders_newest ON orders (created_at DESC, id);
CREATE INDEX orders_not_ended ON orders (created_at)
  WHERE state NOT IN ('FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED');

CREATE TABLE fills (
  order_id   uuid NOT NULL REFERENCES orders,
  trade_id   text NOT NULL,
  price      numeric NOT NULL CHECK (price > 0),
  size       numeric NOT NULL CHECK (size > 0),
  fee        numeric NOT NULL,
  ts         timestamptz NOT NULL,
  PRIMARY KEY (order_id, trade_id)
);

-- What the autopilot made of each signal, with the reason: every signal is decided once.
CREATE TABLE decisions (
  autopilot  text NOT NULL REFERENCES autopilots,
  signal_id  bigint NOT NULL REFERENCES signals,
  outcome    text NOT NULL CHECK (outcome IN ('ordered', 'skipped')),
  reason     text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (autopilot, signal_id)
);

-- "cost" is what the units held were bought for, fees apart: sums are exact where a mean price would be rounded.
CREATE TABLE positions (
  autopilot     text NOT NULL REFERENCES autopilots,
  instrument_id integer NOT NULL REFERENCES instruments,
  size          numeric NOT NULL CHECK (size >= 0),
  cost          numeric NOT NULL CHECK (cost >= 0),
  realized_pnl  numeric NOT NULL DEFAULT 0,
  fees          numeric NOT NULL DEFAULT 0,
  updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (autopilot, instrument_id)
);

CREATE TABLE balances (
  autopilot text NOT NULL REFERENCES autopilots,
  currency  text NOT NULL,
  opening   numeric NOT NULL,
  amount    numeric NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (autopilot, currency)
);

-- A path that forgets the fence still fails: an order may only be written under the newest, unexpired token.
CREATE FUNCTION check_order_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM leases
    WHERE key = 'autopilot:' || NEW.autopilot AND token = NEW.fence AND expires_at > clock_timestamp() FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'order % is fenced: token % does not hold autopilot:%', NEW.id, NEW.fence, NEW.autopilot
      USING ERRCODE = 'ML001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER order_fence BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION check_order_fence();

-- Mail waits here, written in the transaction of its cause; "key" makes it exactly one.
CREATE TABLE outbox (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key        text NOT NULL UNIQUE,
  kind       text NOT NULL,
  subject    text NOT NULL,
  body       text NOT NULL,
  html       text,
  state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
  attempts   integer NOT NULL DEFAULT 0,
  error      text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at    timestamptz
);
CREATE INDEX outbox_not_sent ON outbox (id) WHERE state <> 'sent';

-- Down Migration
DROP TABLE outbox, balances, positions, decisions, fills, orders, daily_trades, autopilots, leases, evaluations, signals;
DROP FUNCTION check_order_fence;
DROP TYPE order_state;
