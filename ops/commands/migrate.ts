import { loadConfig, requireSetting } from '../../shared/config.ts';
import { checkDatabase } from '../../shared/db/server.ts';
import { migrateUp } from '../migrations.ts';

/** `millrace migrate`: the schema of `TIMESCALEDB_URL` up to date; prints what was applied. */
export async function migrate(): Promise<void> {
  const url = requireSetting(loadConfig(), 'TIMESCALEDB_URL');
  await checkDatabase(url);
  const applied = await migrateUp(url);
  for (const name of applied) process.stdout.write(`${name}\n`);
  process.stderr.write(
    applied.length ? `${applied.length} migrations applied\n` : 'the schema is up to date\n',
  );
}
