import { describeConfig, loadConfig } from '../../shared/config.ts';

/** `millrace config`: every setting with its value and meaning, secrets masked. */
export async function config({ json = false }: { json?: boolean }): Promise<void> {
  const rows = describeConfig(loadConfig());
  if (json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const valueWidth = Math.max(...rows.map(({ value }) => value.length));
  for (const { name, value, help } of rows) {
    process.stdout.write(`${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${help}\n`);
  }
}
