// What this project needs to run, on a bare clone: a Node that is new enough, and the locked dependencies. Both are installed when
// they are missing.
//
// Plain JavaScript, because it has to run on the Node that the machine happens to have (18 or later).
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const windows = process.platform === 'win32';
const say = (text) => console.error(`glassgraph: ${text}`);
const jsonAt = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

function fail(text) {
  say(text);
  process.exit(1);
}

/** Whether `engines` of package.json has it: alternatives such as ^22.18.0 and >=24. */
function isSupported(version) {
  const order = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  const numbers = (text) => [...(text.match(/\d+/g) ?? []).map(Number), 0, 0].slice(0, 3);
  const own = numbers(version);
  return jsonAt('package.json')
    .engines.node.split('||')
    .some((range) => {
      const oldest = numbers(range);
      return order(own, oldest) >= 0 && (!range.includes('^') || own[0] === oldest[0]);
    });
}

/** npm by the Node that is given: npm leaves out optional packages that do not fit the Node it runs on. */
function npm(node, args) {
  const started = process.env.npm_execpath ?? '';
  const byNpm = basename(started).startsWith('npm-cli');
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) };
  const options = { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'], shell: windows && !byNpm };
  const quiet = [...args, '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const { status } = byNpm ? spawnSync(node, [started, ...quiet], options) : spawnSync('npm', quiet, options);
  if (status !== 0) fail(`“npm ${args.join(' ')}” failed; is the npm registry in reach?`);
}

/** Path of a Node that is supported: the one of node.json, below .node, where the machine has another. */
export function currentNode() {
  if (isSupported(process.version)) return process.execPath;
  // These packages carry the program itself and need no install script. Not every release is published for every platform.
  const wanted = jsonAt('scripts', 'node.json')[`${process.platform}-${process.arch}`];
  if (wanted === undefined)
    fail(
      `Node ${process.version} cannot run this, and npm has no other for this platform; install Node 24 and try again`,
    );
  const [name, version] = wanted.split('@');
  const node = join(root, '.node', 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  const works = () => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${version}`;
  if (works()) return node;
  say(`Node ${process.version} cannot run this; installing Node ${version} into .node`);
  rmSync(join(root, '.node'), { recursive: true, force: true });
  mkdirSync(join(root, '.node'));
  npm(process.execPath, ['install', '--prefix', '.node', '--no-save', '--ignore-scripts', wanted]);
  if (works()) return node;
  return fail('that Node does not start here; install Node 24 by hand and try again');
}

/** What npm says it has installed is what the lock file asks for; optional packages may be missing on this platform. */
function isInstalled() {
  try {
    const installed = jsonAt('node_modules', '.package-lock.json').packages;
    return Object.entries(jsonAt('package-lock.json').packages).every(
      ([path, { integrity, optional, devOptional }]) =>
        path === '' || (installed[path] ? installed[path].integrity === integrity : optional || devOptional),
    );
  } catch {
    return false;
  }
}

export function install(node) {
  if (isInstalled()) return;
  say('installing the dependencies of package-lock.json');
  npm(node, ['ci', '--include=dev', '--ignore-scripts']);
}

/** Where npm is told to stop, its shell ends without passing that on: the command would live on with nobody to stop it. */
function stopWithParent(child) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 200).unref();
}

/** Runs to its end in `cwd` with our terminal, passes signals on, and ends as the command ends. */
export function run(node, command, args, cwd) {
  const bin = join(root, 'node_modules', '.bin');
  const path = [dirname(node), bin, process.env.PATH].join(delimiter);
  const program = command === 'node' ? node : command;
  const child = spawn(program, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
    shell: windows && command !== 'node',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal has sent its ^C to the command as well.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  if (process.env.npm_lifecycle_event) stopWithParent(child);
  child.on('error', (error) => {
    say(`cannot run ${command}: ${error.message}`);
    process.exit(127);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
