import postgres from 'postgres';

/** Integer UTC milliseconds in and out of `timestamptz`; counts and ids of `bigint` as numbers. */
const types = {
  ms: {
    to: 1184,
    from: [1184],
    serialize: (value: number | string | Date) =>
      typeof value === 'number' ? new Date(value).toISOString() : String(value),
    parse: (text: string) => new Date(text).getTime(),
  },
  int8: { to: 20, from: [20], serialize: String, parse: Number },
  day: { to: 1082, from: [1082], serialize: String, parse: (text: string) => text },
};

/**
 * A pool of PostgreSQL connections. Column names turn to camelCase, `timestamptz` to integer milliseconds,
 * `bigint` to a number, `date` to `YYYY-MM-DD`; `numeric` stays a decimal string. `onStatement` is told of each
 * statement as it is sent.
 */
export function createSql(
  url: string,
  {
    name,
    max = 4,
    onStatement,
  }: { name: string; max?: number; onStatement?: (text: string, parameters: unknown[]) => void },
) {
  return postgres(url, {
    max,
    types,
    connection: { application_name: `millrace ${name}`, TimeZone: 'UTC' },
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
    onnotice: () => {},
    ...(onStatement && { debug: (_, text, parameters) => onStatement(text, parameters) }),
    connect_timeout: 5,
    backoff: (attempt: number) => Math.min(2, 0.1 * 2 ** attempt),
  });
}

export type Sql = ReturnType<typeof createSql>;
/** A pool or a transaction: whatever a statement can run on. */
export type Queryable = Sql | postgres.TransactionSql<{ ms: number; int8: number; day: string }>;
/** An open transaction. */
export type Transaction = postgres.TransactionSql<{ ms: number; int8: number; day: string }>;
