import type { Sql } from '../../shared/db/client.ts';

/** A day at the simulated exchange as the cluster would have left it in the database. */
export async function tradingDay(sql: Sql, day: string): Promise<void> {
  const from = Date.parse(`${day}T00:00:00Z`);
  const at = (clock: string) => Date.parse(`${day}T${clock}Z`);
  await sql`INSERT INTO instruments (venue, symbol) VALUES ('sim', 'BTC/USDT'), ('sim', 'ETH/USDT')`;
  await market(sql, from, 'BTC/USDT', 60_000, 700);
  await market(sql, from, 'ETH/USDT', 3_000, 60);
  await sql`UPDATE candles SET close = 3100, high = greatest(high, 3100) WHERE interval = '1m'
    AND ts = ${at('23:59:00')}::timestamptz AND instrument_id = (SELECT id FROM instruments WHERE symbol = 'ETH/USDT')`;

  await sql`INSERT INTO leases (key, token, holder, expires_at) VALUES ('autopilot:sim sma-cross', 7, 'test', 'infinity')`;
  await sql`INSERT INTO autopilots (name, venue, interval, strategy, order_fraction, fee, daily_trade_limit)
    VALUES ('sim sma-cross', 'sim', '1s', 'sma-cross', 0.3, 0.001, 100)`;
  await sql`INSERT INTO balances (autopilot, currency, opening, amount) VALUES ('sim sma-cross', 'USDT', 100000, 94433.2998)`;
  await deal(sql, {
    symbol: 'BTC/USDT',
    side: 'buy',
    size: '0.5',
    price: '60000',
    fee: '30',
    ts: at('04:12:31'),
  });
  await deal(sql, {
    symbol: 'BTC/USDT',
    side: 'sell',
    size: '0.2',
    price: '61000',
    fee: '12.2',
    ts: at('11:40:02'),
  });
  await deal(sql, {
    symbol: 'BTC/USDT',
    side: 'sell',
    size: '0.3',
    price: '61000',
    fee: '18.3',
    ts: at('15:05:47'),
  });
  await deal(sql, {
    symbol: 'ETH/USDT',
    side: 'buy',
    size: '2',
    price: '3000.1',
    fee: '6.0002',
    ts: at('18:20:00'),
  });
  await signal(
    sql,
    'BTC/USDT',
    'buy',
    '61250.5',
    at('21:33:10'),
    'skipped',
    'daily trade limit of 3 reached',
  );

  await sql`INSERT INTO bad_frames (venue, received_at, reason, bytes, head, digest)
    SELECT 'sim', ${at('09:00:00')}::timestamptz + n * interval '1 minute',
      CASE WHEN n < 3 THEN 'cut JSON: <script>alert(1)</script>' ELSE 'price: must be a decimal' END, 12, '{', n::text
    FROM generate_series(1, 3) n`;
  await sql`INSERT INTO tasks (id, name, queue, state, payload, error, attempts, started_at, finished_at)
    SELECT 'task-' || n, CASE WHEN n % 3 = 0 THEN 'train_model' ELSE 'bootstrap' END, 'history',
      CASE WHEN n = 9 THEN 'FAILURE' ELSE 'SUCCESS' END::task_state, '{}',
      CASE WHEN n = 9 THEN 'sim ETH/USDT 1m: 214 closed candles are too few, at least 300 are needed' END,
      1, ${at('06:00:00')}::timestamptz, ${at('06:00:00')}::timestamptz + n * interval '1 minute'
    FROM generate_series(1, 12) n`;
}

/** A wavy day of one-minute candles (one in a thousand is missing) and of trades, more of them by day. */
async function market(sql: Sql, from: number, symbol: string, price: number, swing: number): Promise<void> {
  await sql`SELECT ensure_partition(part, ${from}::timestamptz) FROM unnest(ARRAY['candles', 'trades']) part`;
  await sql`
    INSERT INTO candles (instrument_id, interval, ts, open, high, low, close, volume)
    SELECT i.id, '1m', ts, p, p * 1.0004, p * 0.9996, p * 1.0001, 3 + abs(sin(n)) * 5
    FROM instruments i, generate_series(0, 1439) n,
      LATERAL (SELECT ${from}::timestamptz + n * interval '1 minute' AS ts,
        round((${price} + ${swing} * (sin(n / 190.0) + 0.25 * sin(n / 23.0) + 0.08 * sin(n * 1.3)) + n * ${swing} / 1900.0)::numeric, 2) AS p) AS c
    WHERE i.symbol = ${symbol} AND n <> 700`;
  await sql`
    INSERT INTO trades (instrument_id, ts, trade_id, price, size, side)
    SELECT i.id, ${from}::timestamptz + (n * 8640 + 3e6 * sin(n / 1600.0)) * interval '1 millisecond' * 0.96, n::text, ${price}, 0.01, 'buy'
    FROM instruments i, generate_series(360, 9999) n WHERE i.symbol = ${symbol}`;
}

type Deal = { symbol: string; side: 'buy' | 'sell'; size: string; price: string; fee: string; ts: number };

/** A signal, the order made of it and its fill. */
async function deal(sql: Sql, { symbol, side, size, price, fee, ts }: Deal): Promise<void> {
  const signalId = await signal(sql, symbol, side, price, ts, 'ordered', 'crossing with cash at hand');
  const [order] = await sql<{ id: string }[]>`
    INSERT INTO orders (id, client_id, autopilot, signal_id, instrument_id, mode, side, size, filled, average_price, fee,
      state, fence, created_at, updated_at)
    SELECT gen_random_uuid(), 'ml-' || ${signalId}, 'sim sma-cross', ${signalId}, id, 'paper', ${side}, ${size}, ${size},
      ${price}, ${fee}, 'FILLED', 7, ${ts}::timestamptz, ${ts}::timestamptz FROM instruments WHERE symbol = ${symbol}
    RETURNING id`;
  await sql`INSERT INTO fills (order_id, trade_id, price, size, fee, ts)
    VALUES (${order?.id ?? null}, '1', ${price}, ${size}, ${fee}, ${ts}::timestamptz)`;
}

async function signal(
  sql: Sql,
  symbol: string,
  side: string,
  price: string,
  ts: number,
  outcome: string,
  reason: string,
): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    INSERT INTO signals (instrument_id, interval, strategy, ts, side, price, details, live)
    SELECT id, '1s', 'sma-cross', ${ts}::timestamptz, ${side}, ${price}, '{}', true FROM instruments WHERE symbol = ${symbol}
    RETURNING id`;
  const id = row?.id as number;
  await sql`INSERT INTO decisions (autopilot, signal_id, outcome, reason) VALUES ('sim sma-cross', ${id}, ${outcome}, ${reason})`;
  return id;
}
