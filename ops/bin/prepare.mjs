import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Makes a checkout ready to run: dependencies, then the build, each only when stale. Plain JavaScript without
 * dependencies, for it runs before there are any. Everything it says goes to stderr: stdout belongs to the verb.
 */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const NODE_NEEDED = [20, 19];
const SOURCE_ROOMS = ['shared', 'producers', 'workers', 'api', 'ops'];
const inRoot = (...parts) => path.join(ROOT, ...parts);

export async function prepare() {
  checkNode();
  if (isInstalled()) return;
  const stale = () => dependenciesAreStale() || serverIsStale() || consoleIsStale();
  if (!stale()) return;
  await withLock(async () => {
    if (dependenciesAreStale()) await installDependencies();
    await Promise.all([
      serverIsStale() && step('building', buildServer),
      consoleIsStale() && step('building the console', buildConsole),
    ]);
  });
}

/**
 * Runs a command to its end with its output on our stderr (or as `stdio` says) and passes signals on to it.
 * @returns its exit code
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options });
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      resolve(signal ? 130 : code);
    });
  });
}

/** The path of a command that a package brings, for `run(process.execPath, [tool(…), …])`. */
export function tool(name, file) {
  return inRoot('node_modules', name, file);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1])) return;
  fail(
    `Node ${NODE_NEEDED.join('.')} or newer is needed, this is ${process.version}: see https://nodejs.org`,
  );
}

/** An image or package without sources, or without the tools to build them: what is there is what runs. */
function isInstalled() {
  if (!fs.existsSync(inRoot('dist/ops/main.js'))) return false;
  const hasTools = !fs.existsSync(inRoot('node_modules')) || fs.existsSync(inRoot('node_modules/typescript'));
  return !fs.existsSync(inRoot('ops/main.ts')) || !hasTools;
}

function dependenciesAreStale() {
  const lock = fs.readFileSync(inRoot('package-lock.json'));
  const stamp = digest([lock, process.platform, process.arch, process.versions.modules]);
  if (readText('node_modules/.millrace-stamp') === stamp) return false;
  if (!installedMatches(JSON.parse(lock))) return true;
  fs.writeFileSync(inRoot('node_modules/.millrace-stamp'), stamp);
  return false;
}

/** Whether npm's own record of node_modules agrees with the lock file, as after an `npm install` by hand. */
function installedMatches(lock) {
  const record = readText('node_modules/.package-lock.json');
  if (!record) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(lock.packages).every(([name, wanted]) => {
    if (!name || wanted.optional || wanted.devOptional || wanted.link) return true;
    return installed[name]?.version === wanted.version && fs.existsSync(inRoot(name));
  });
}

async function installDependencies() {
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  await step('installing dependencies (once, about 40 s)', () =>
    npm?.endsWith('.js') ? run(process.execPath, [npm, ...args]) : run('npm', args),
  );
  fs.rmSync(inRoot('node_modules/.millrace-stamp'), { force: true });
  dependenciesAreStale();
}

const SERVER_STAMP = 'dist/.server-stamp';
const serverInputs = () => [
  ...SOURCE_ROOMS.flatMap((room) => filesOf(inRoot(room), (name) => name.endsWith('.ts'))),
  inRoot('tsconfig.json'),
  inRoot('tsconfig.build.json'),
];

function serverIsStale() {
  return readText(SERVER_STAMP) !== fingerprint(serverInputs());
}

async function buildServer() {
  const inputs = serverInputs();
  const stamp = fingerprint(inputs);
  const code = await run(process.execPath, [tool('typescript', 'bin/tsc'), '-p', 'tsconfig.build.json']);
  if (code === 0) {
    removeOrphans(inputs);
    fs.writeFileSync(inRoot(SERVER_STAMP), stamp);
  }
  return code;
}

/** Built files whose source is gone would still be importable. */
function removeOrphans(inputs) {
  const sources = new Set(inputs);
  for (const room of SOURCE_ROOMS) {
    for (const map of filesOf(inRoot('dist', room), (name) => name.endsWith('.js.map'))) {
      const built = map.replace(/\.map$/, '');
      const source = inRoot(path.relative(inRoot('dist'), built).replace(/\.js$/, '.ts'));
      if (!sources.has(source) && !source.startsWith(inRoot('api/console')))
        for (const file of [map, built]) fs.rmSync(file, { force: true });
    }
  }
}

const CONSOLE_STAMP = 'dist/.console-stamp';
const consoleInputs = () => filesOf(inRoot('api/console'), () => true);

function consoleIsStale() {
  if (!fs.existsSync(inRoot('api/console/index.html'))) return false;
  return readText(CONSOLE_STAMP) !== fingerprint(consoleInputs());
}

async function buildConsole() {
  const stamp = fingerprint(consoleInputs());
  const vite = [tool('vite', 'bin/vite.js'), 'build', 'api/console', '--logLevel', 'warn'];
  const code = await run(process.execPath, vite);
  if (code === 0) {
    fs.mkdirSync(inRoot('dist'), { recursive: true });
    fs.writeFileSync(inRoot(CONSOLE_STAMP), stamp);
  }
  return code;
}

async function step(what, work) {
  say(`${what}…`);
  const startedAt = Date.now();
  const code = await work();
  const plain = what.replace(/ \(.*/, '');
  if (code !== 0) fail(`${plain} failed`, code || 1);
  say(`${plain}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** One preparation at a time; a lock whose holder is gone is taken over. */
async function withLock(work) {
  const lock = inRoot('dist/.prepare-lock');
  fs.mkdirSync(inRoot('dist'), { recursive: true });
  for (let waited = false; !take(lock); waited = true) {
    if (!waited) say('waiting for another millrace that is preparing this folder…');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const release = () => fs.rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function take(lock) {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const holder = Number(readText('dist/.prepare-lock'));
    if (holder && !isAlive(holder)) fs.rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Names, sizes and times of files: cheap enough for every start. */
function fingerprint(files) {
  return digest(
    files.flatMap((file) => {
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      return stat ? [`${path.relative(ROOT, file)} ${stat.size} ${stat.mtimeMs}\n`] : [];
    }),
  );
}

function filesOf(folder, wanted) {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesOf(file, wanted);
    return wanted(entry.name) ? [file] : [];
  });
}

function digest(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function readText(file) {
  try {
    return fs.readFileSync(inRoot(file), 'utf8');
  } catch {
    return undefined;
  }
}

const say = (text) => process.stderr.write(`millrace: ${text}\n`);

function fail(text, code = 1) {
  say(text);
  process.exit(code);
}
