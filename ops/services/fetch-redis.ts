import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError } from '../../shared/errors.ts';
import { isUsable, type RedisBinary } from './redis-binary.ts';

/** The servers' packages on Debian and Ubuntu, best known first. */
const PACKAGES = ['redis-server', 'valkey-server'];
/** What a package may pull in: the server's own parts and libraries, not the system's tools. */
const FOLLOWED = /^(redis|valkey|lib|lua)/;
/** Fetched even where it is installed: parts link to each other by path. */
const OWN_PART = /^(redis|valkey)/;

/**
 * A Redis from the system's package archive, unpacked into `cache` and installed nowhere: needs no root, takes a few
 * seconds once. https://manpages.debian.org/apt-get#download
 * @throws {UserError} naming the command that installs one
 */
export async function fetchRedis(cache: string, say: (text: string) => void): Promise<RedisBinary> {
  const kept = findIn(cache);
  if (kept) return kept;
  say('fetching redis-server with apt-get (once)');
  try {
    await downloadAndUnpack(cache);
  } catch (error) {
    throw new UserError(
      `no redis-server or valkey-server is on PATH and none could be fetched (${messageOf(error)}): run "${await installCommand()}", or set REDIS_URL`,
    );
  }
  const fetched = findIn(cache);
  if (fetched) return fetched;
  throw new UserError(
    `the redis-server that apt-get fetched does not run here: run "${await installCommand()}", or set REDIS_URL`,
  );
}

async function downloadAndUnpack(cache: string): Promise<void> {
  const fresh = `${cache}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, 'lists/partial'), { recursive: true });
  const apt = (await knownPackages([])).length > 0 ? [] : ownLists(fresh);
  if (apt.length) await run('apt-get', [...apt, 'update'], fresh);
  const [first] = await knownPackages(apt);
  if (!first) throw new Error('apt-get knows neither redis-server nor valkey-server');
  await run('apt-get', [...apt, 'download', ...(await missingPackages(first, apt))], fresh);
  for (const file of readdirSync(fresh).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg', ['-x', file, '.'], fresh);
    rmSync(join(fresh, file));
  }
  rmSync(join(fresh, 'lists'), { recursive: true, force: true });
  rmSync(cache, { recursive: true, force: true });
  renameSync(fresh, cache);
}

/** Package lists in a folder of ours, for a machine that has none and a user who may not fetch them. */
const ownLists = (folder: string) => [
  '-o',
  `Dir::State::lists=${join(folder, 'lists')}`,
  '-o',
  'Dir::Cache::pkgcache=',
  '-o',
  'Dir::Cache::srcpkgcache=',
];

async function knownPackages(apt: string[]): Promise<string[]> {
  const found = await Promise.all(
    PACKAGES.map((name) => run('apt-cache', [...apt, 'show', '--no-all-versions', name]).catch(() => '')),
  );
  return PACKAGES.filter((_, index) => found[index]);
}

/** The package and, breadth first, its own parts and the libraries that this machine lacks. */
async function missingPackages(first: string, apt: string[]): Promise<string[]> {
  const wanted = [first];
  for (const name of wanted) {
    const text = await run('apt-cache', [...apt, 'depends', '--important', name]);
    const depends = [...text.matchAll(/^\s*\|?(?:Pre)?Depends: ([^<\s]+)/gm)].map(
      ([, depend]) => depend ?? '',
    );
    for (const depend of depends.filter((depend) => FOLLOWED.test(depend) && !wanted.includes(depend))) {
      if (OWN_PART.test(depend) || !(await isInstalled(depend))) wanted.push(depend);
    }
  }
  return wanted;
}

async function isInstalled(name: string): Promise<boolean> {
  const status = await run('dpkg-query', ['-W', '-f', `\${Status}`, name]).catch(() => '');
  return status.includes('install ok installed');
}

function findIn(cache: string): RedisBinary | undefined {
  const libraries = ['usr/lib', 'lib']
    .map((folder) => join(cache, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => [
      folder,
      ...readdirSync(folder)
        .filter((name) => name.includes('-linux-'))
        .map((name) => join(folder, name)),
    ])
    .join(':');
  return ['redis-server', 'valkey-server']
    .map((name) => ({ path: join(cache, 'usr/bin', name), libraries }))
    .find(isUsable);
}

async function installCommand(): Promise<string> {
  if (process.platform === 'darwin') return 'brew install redis';
  const commands = {
    'apt-get': 'apt-get install redis-server',
    dnf: 'dnf install valkey',
    apk: 'apk add redis',
    pacman: 'pacman -S valkey',
    zypper: 'zypper install redis',
  };
  for (const [manager, command] of Object.entries(commands)) {
    if (
      await run(manager, ['--version']).then(
        () => true,
        () => false,
      )
    )
      return command;
  }
  return commands['apt-get'];
}

/** Runs a command to its end; its output, or an error with its last words. */
function run(command: string, args: string[], cwd = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', () => reject(new Error(`there is no ${command} here`)));
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(err.trim().split('\n').at(-1) || `${command} ended with ${code}`));
    });
  });
}
