import type { Interval } from '../domain/market.ts';
import type { Queryable } from './client.ts';

/** A trained model; times are integer UTC milliseconds. What the three objects hold is its trainer's affair. */
export interface ModelRow {
  id: number;
  taskId: string;
  kind: string;
  venue: string;
  symbol: string;
  interval: Interval;
  features: Record<string, unknown>;
  parameters: Record<string, unknown>;
  metrics: Record<string, unknown>;
  trainedFrom: number;
  trainedTo: number;
  createdAt: number;
}

const columns = (sql: Queryable) => sql`
  m.id, m.task_id, m.kind, i.venue, i.symbol, m.interval, m.features, m.parameters, m.metrics,
  m.trained_from, m.trained_to, m.created_at`;

/**
 * Stores the model that a task trained; a second one of the same task is not stored.
 * @returns the model that is kept for the task
 */
export async function addModel(sql: Queryable, model: Omit<ModelRow, 'id' | 'createdAt'>): Promise<ModelRow> {
  await sql`
    INSERT INTO models
      (task_id, kind, instrument_id, interval, features, parameters, metrics, trained_from, trained_to)
    SELECT ${model.taskId}, ${model.kind}, i.id, ${model.interval}, ${sql.json(model.features as never)},
      ${sql.json(model.parameters as never)}, ${sql.json(model.metrics as never)},
      ${model.trainedFrom}::timestamptz, ${model.trainedTo}::timestamptz
    FROM instruments i WHERE i.venue = ${model.venue} AND i.symbol = ${model.symbol}
    ON CONFLICT (task_id) DO NOTHING`;
  const kept = await findModelOfTask(sql, model.taskId);
  if (!kept) throw new Error(`no instrument ${model.venue} ${model.symbol} to store a model of`);
  return kept;
}

export async function findModelOfTask(sql: Queryable, taskId: string): Promise<ModelRow | undefined> {
  const [row] = await sql<ModelRow[]>`
    SELECT ${columns(sql)} FROM models m JOIN instruments i ON i.id = m.instrument_id WHERE m.task_id = ${taskId}`;
  return row;
}

/** Newest first. */
export async function listModels(sql: Queryable, { limit = 100 } = {}): Promise<ModelRow[]> {
  return sql<ModelRow[]>`
    SELECT ${columns(sql)} FROM models m JOIN instruments i ON i.id = m.instrument_id
    ORDER BY m.id DESC LIMIT ${limit}`;
}
