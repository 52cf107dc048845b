import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync } from 'node:fs';
import { UserError } from '../../shared/errors.ts';

/**
 * As whom a server runs. PostgreSQL refuses to run as root, so root hands it to `postgres` or, where there is no
 * such user, to `nobody`.
 */
export interface Account {
  /** The command and its arguments, wrapped so that they run as this account. */
  wrap(command: string, args: string[]): { command: string; args: string[]; uid?: number; gid?: number };
  /** Makes it the owner of a file or folder. */
  own(path: string): void;
}

/** Whoever we are: nothing to change. */
const OURSELVES: Account = { wrap: (command, args) => ({ command, args }), own: () => {} };

/**
 * The account that can run `binary` and write to `folder`, which it is made the owner of.
 *
 * A clone or a home below a folder that only root may enter (mode 700) is reached with one capability: to search
 * folders and read files. `no_setuid_fixup` lets access(2) see it as well, which PostgreSQL asks about its binaries.
 * @throws {UserError} when no account will do
 */
export function findAccount(binary: string, folder: string): Account {
  if (process.getuid?.() !== 0) return OURSELVES;
  const user = findUser('postgres') ?? findUser('nobody');
  if (!user)
    throw new UserError(`PostgreSQL can't run as root and there is no user postgres or nobody: ${REMEDY}`);
  const own = (path: string) => chownSync(path, user.uid, user.gid);
  own(folder);
  const plain: Account = { own, wrap: (command, args) => ({ command, args, uid: user.uid, gid: user.gid }) };
  const reading: Account = {
    own,
    wrap: (command, args) => ({ command: 'setpriv', args: [...READING, ...identity, command, ...args] }),
  };
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`];
  const account = [plain, reading].find((candidate) => canUse(candidate, binary, folder));
  if (account) return account;
  throw new UserError(
    `PostgreSQL can't run as root, and the user ${user.name} may not enter ${binary} or ${folder}: ${REMEDY}`,
  );
}

const REMEDY =
  'set MILLRACE_HOME to a folder that others may enter, start as an ordinary user, or set TIMESCALEDB_URL';
const READING = [
  '--clear-groups',
  '--inh-caps=+dac_read_search',
  '--ambient-caps=+dac_read_search',
  '--securebits=+no_setuid_fixup',
];

function canUse(account: Account, binary: string, folder: string): boolean {
  const test = 'test -x "$1" && test -x "$2" && test -w "$2"';
  const { command, args, ...identity } = account.wrap('/bin/sh', ['-c', test, 'sh', binary, folder]);
  return spawnSync(command, args, { ...identity, cwd: '/', stdio: 'ignore' }).status === 0;
}

function findUser(name: string): { name: string; uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((row) => row.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
}
