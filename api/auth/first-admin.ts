import { randomBytes } from 'node:crypto';
import type { Config } from '../../shared/config.ts';
import { addAudit } from '../../shared/db/audit.ts';
import type { Sql } from '../../shared/db/client.ts';
import { addFirstUser, hasUsers } from '../../shared/db/users.ts';
import { hashPassword } from './passwords.ts';

const NAME = 'admin';

/**
 * Makes the user `admin` when there is no user at all, with `ADMIN_PASSWORD` or a password that is told once, to the
 * person at the terminal and nobody else. Several api processes may start at the same time: one makes it.
 */
export async function ensureFirstAdmin(
  sql: Sql,
  config: Pick<Config, 'ADMIN_PASSWORD' | 'HOST' | 'PORT'>,
  tell: (notice: string) => void = tellTerminal,
): Promise<void> {
  if (await hasUsers(sql)) return;
  const password = config.ADMIN_PASSWORD ?? randomBytes(12).toString('base64url');
  const passwordHash = await hashPassword(password);
  const made = await sql.begin(async (tx) => {
    const user = await addFirstUser(tx, { name: NAME, role: 'admin', passwordHash });
    if (user) await addAudit(tx, { actor: 'system', action: 'add_first_admin', details: { name: NAME } });
    return user;
  });
  if (made && !config.ADMIN_PASSWORD)
    tell(`Login    user ${NAME}, password ${password} (shown only this once)`);
}

/** The supervisor prints a notice on its terminal; without one it goes to stderr, past every log. */
function tellTerminal(notice: string): void {
  if (process.send) process.send({ notice });
  else process.stderr.write(`${notice}\n`);
}
