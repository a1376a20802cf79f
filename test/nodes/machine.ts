import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { trackedFiles } from '../tidy/files.ts';

/** What ends with something else than 0 is an error that says what was said. */
const execute = promisify(execFile);

/** A machine whose Node is another one, with the npm of its time, and a clone of this project that nothing was done in. */
export interface Machine extends AsyncDisposable {
  /** Version of its Node, without a v. */
  readonly version: string;
  readonly clone: string;
  readonly env: NodeJS.ProcessEnv;
  /** Resolves to what it wrote. */
  run(program: string, args: readonly string[], cwd?: string): Promise<{ stdout: string; stderr: string }>;
}

/** Where a Node of npm lies below a folder, by the name of its package. */
export const nodeBelow = (folder: string, name: string): string => join(folder, 'node_modules', name, 'bin', 'node');

/** `range` as npm understands it: the newest that satisfies it. Nodes and npm come from the npm registry. */
export async function machineWith(range: string): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-machine-'));
  const { name } = await pinnedNode();
  const install = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  await execute('npm', [...install, `${name}@${range}`, 'npm@10'], { env: environment() });
  const node = nodeBelow(folder, name);
  const clone = join(folder, 'clone');
  for (const path of trackedFiles()) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await cp(path, join(clone, path));
  }
  // Installing the dependencies is the same on every Node, and takes minutes.
  await symlink(join(process.cwd(), 'node_modules'), join(clone, 'node_modules'));
  const home = join(folder, 'home');
  await mkdir(home);
  const env = {
    ...environment(),
    PATH: [dirname(node), join(folder, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    HOME: home,
    // What it writes is read here: on a build server, Vitest would colour it.
    NO_COLOR: '1',
    npm_config_cache: join(home, '.npm'),
    GLASSGRAPH_HOME: join(home, '.glassgraph'),
  };
  const run = (program: string, args: readonly string[], cwd = clone) => execute(program, args, { cwd, env });
  const { stdout } = await run('node', ['--version']);
  return {
    version: stdout.trim().slice(1),
    clone,
    env,
    run,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The Node that is installed where the machine's own cannot run this. */
export async function pinnedNode(): Promise<{ name: string; version: string }> {
  const pins = JSON.parse(await readFile('scripts/node.json', 'utf8')) as Record<string, string>;
  const [name, version] = (pins[`${process.platform}-${process.arch}`] ?? '').split('@');
  if (!name || !version) throw new Error('scripts/node.json has no Node for this platform');
  return { name, version };
}

/** Without what npm and Vitest tell their children: these are processes of a user. */
function environment(): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean => /^(VITEST|NODE_ENV$|NODE_OPTIONS$|GLASSGRAPH_|npm_(?!config_))/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
}
