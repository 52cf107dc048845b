import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { hashPassword, newPassword } from '../../api/auth/passwords.ts';
import { loadConfig } from '../../shared/config.ts';
import { addAudit } from '../../shared/db/audit.ts';
import { createSql } from '../../shared/db/client.ts';
import { savePassword } from '../../shared/db/users.ts';
import { UserError } from '../../shared/errors.ts';
import { findCluster } from '../cluster-file.ts';

/**
 * `millrace reset-password <user>`: the new password from the first line of stdin, unseen where that is a terminal; all
 * the user's sessions end.
 * @throws {UserError} for an unknown user or a password that may not be set
 */
export async function resetPassword(name: string): Promise<void> {
  const url = databaseUrl();
  const password = newPassword.safeParse(await readPassword(`New password of ${name}: `));
  if (!password.success) throw new UserError(`the new password ${password.error.issues[0]?.message}`);
  const sql = createSql(url, { name: 'reset-password', max: 1 });
  try {
    const passwordHash = await hashPassword(password.data);
    const user = await sql.begin(async (tx) => {
      await addAudit(tx, { actor: 'cli', action: 'reset_password', details: { name } });
      return savePassword(tx, name, passwordHash);
    });
    if (!user) throw new UserError(`there is no user ${name}: the first one is called admin`);
    process.stderr.write(`The password of ${name} is set; log in again everywhere.\n`);
  } finally {
    await sql.end();
  }
}

async function readPassword(prompt: string): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal });
  if (terminal) process.stderr.write(prompt);
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (terminal) process.stderr.write('\n');
  }
}

/** Of the setting, else of the cluster that runs on this `MILLRACE_HOME`. */
function databaseUrl(): string {
  const { TIMESCALEDB_URL, MILLRACE_HOME } = loadConfig();
  const url = TIMESCALEDB_URL ?? findCluster(MILLRACE_HOME)?.timescaledbUrl;
  if (url) return url;
  throw new UserError(
    `no cluster runs on MILLRACE_HOME=${MILLRACE_HOME}: start it with npm start, or set TIMESCALEDB_URL`,
  );
}
