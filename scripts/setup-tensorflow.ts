/**
 * `npm run setup:tensorflow` gives TensorFlow.js native TensorFlow, which its own install step would fetch from elsewhere: the library
 * and its headers also lie in TensorFlow's Python package, which pip downloads, and the binding is compiled here. Doing it again
 * changes nothing where it works. Needs Linux on x86-64, python3 with pip, g++, and 1 GB of disk for a moment.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Of the release that tfjs-node 4.22 is made for or a later one: its C API only grows. */
const wheel = {
  requirement: 'tensorflow-cpu==2.15.1 --hash=sha256:54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  pythonVersion: '3.11',
  platform: 'manylinux2014_x86_64',
  members: /^tensorflow\/(libtensorflow_(cc|framework)\.so\.2|include\/(tensorflow|tsl)\/(c|(core\/)?platform)\/.*)$/,
};

const probe = join(import.meta.dirname, '../src/compute/tfjs/runtime/native-probe.ts');
const say = (text: string): void => console.error(`setup:tensorflow: ${text}`);

function fail(text: string): never {
  say(text);
  process.exit(1);
}

/** The folder of an optional package. */
function folderOf(name: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return fail(`${name} is not installed. Run “npm ci --include=optional” and try again.`);
  }
}

/** Runs to the end, and ends everything where it fails. */
function run(program: string, args: readonly string[], whatIf: string): SpawnSyncReturns<string> {
  const result = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (result.error === undefined && result.status === 0) return result;
  process.stderr.write(result.stderr ?? '');
  return fail(whatIf);
}

/** What TensorFlow says that it is, in a process of its own; undefined where it does not load. */
function loadedVersion(): string | undefined {
  const { status, stdout } = spawnSync(process.execPath, [probe], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

function assertTools(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    fail(
      `this needs Linux on x86-64, and here is ${process.platform} on ${process.arch}. Where tfjs-node has binaries of its own, ` +
        '“npm rebuild @tensorflow/tfjs-node --ignore-scripts=false” installs them. Without, models run on WebAssembly.',
    );
  run('python3', ['-m', 'pip', '--version'], 'python3 with pip is missing (Debian: apt-get install python3-pip).');
  run('g++', ['--version'], 'g++ is missing (Debian: apt-get install g++).');
}

/** Lays library and headers into `deps`, as a whole or not at all. */
function fetchLibrary(deps: string): void {
  const work = mkdtempSync(`${deps}-new-`);
  try {
    say('downloading TensorFlow by pip (207 MB)');
    const requirements = join(work, 'requirements.txt');
    writeFileSync(requirements, wheel.requirement);
    const only = ['--no-deps', '--only-binary=:all:', '--require-hashes'];
    const target = ['--python-version', wheel.pythonVersion, '--platform', wheel.platform];
    run(
      'python3',
      ['-m', 'pip', 'download', '--quiet', ...only, ...target, '--dest', work, '--requirement', requirements],
      'pip cannot download TensorFlow; is the Python package index in reach?',
    );
    say('unpacking its library and headers (610 MB)');
    const [file] = globSync(join(work, '*.whl'));
    run(
      'python3',
      ['-c', unpack, file ?? '', work, wheel.members.source],
      'the package cannot be unpacked; is the disk full?',
    );
    mkdirSync(join(work, 'deps/lib'), { recursive: true });
    for (const library of globSync(join(work, 'tensorflow/*.so.2')))
      renameSync(library, join(work, 'deps/lib', library.slice(library.lastIndexOf('/'))));
    renameSync(join(work, 'tensorflow/include'), join(work, 'deps/include'));
    rmSync(deps, { recursive: true, force: true });
    renameSync(join(work, 'deps'), deps);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const unpack = `
import re, sys, zipfile
wheel, folder, members = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(folder, [name for name in archive.namelist() if re.match(members, name)])
`;

/** What node-gyp would do, without Node's headers: the binding uses Node-API alone. */
function compileBinding(folder: string): void {
  say('compiling the binding');
  const at = (path: string): string => join(folder, path);
  const out = at('lib/napi-v8');
  mkdirSync(out, { recursive: true });
  const fresh = join(out, `tfjs_binding.node.new-${process.pid}`);
  run(
    'g++',
    [
      ...['-O2', '-std=c++14', '-shared', '-fPIC', '-DNAPI_VERSION=8', '-w'],
      ...['-I', join(folderOf('node-api-headers'), 'include'), '-I', at('deps/include')],
      ...[at('binding/tfjs_backend.cc'), at('binding/tfjs_binding.cc'), '-L', at('deps/lib')],
      ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
      ...['-o', fresh],
    ],
    'the binding does not compile; the compiler’s words are above.',
  );
  renameSync(fresh, join(out, 'tfjs_binding.node'));
}

const known = loadedVersion();
if (known !== undefined) say(`native TensorFlow ${known} is there already`);
else {
  const folder = folderOf('@tensorflow/tfjs-node');
  assertTools();
  const deps = join(folder, 'deps');
  if (globSync(join(deps, 'lib/libtensorflow_{cc,framework}.so.2')).length < 2) fetchLibrary(deps);
  compileBinding(folder);
  const version = loadedVersion();
  if (version === undefined)
    fail(`TensorFlow is in place and does not load; “node src/compute/tfjs/runtime/native-probe.ts” says why.`);
  say(`native TensorFlow ${version} works`);
}
