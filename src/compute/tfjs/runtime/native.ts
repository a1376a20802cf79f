import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import util, { promisify } from 'node:util';
import type { NamedTensorMap } from '@tensorflow/tfjs';

const require = createRequire(import.meta.url);
const packageName = '@tensorflow/tfjs-node';

/** The part of tfjs-node that is not in tfjs. */
export interface Native {
  backend(): { readonly binding: { readonly TF_Version: string } };
  readonly node: {
    loadSavedModel(folder: string, tags: readonly string[], signature: string): Promise<NativeModel>;
  };
}

/** A SavedModel in TensorFlow. */
export interface NativeModel {
  /** All outputs of the signature, of all its inputs. */
  predict(inputs: NamedTensorMap): NamedTensorMap;
  dispose(): void;
}

/**
 * Registers the backend “tensorflow” in the one copy of tfjs, and starts TensorFlow with as many threads as are given, for as long as
 * the process lives. Throws where it does not load; where the processor lacks what it was compiled for, the process dies.
 */
export function loadNative(threads: number): Native {
  // What tfjs-node calls and newer Nodes do not have, or warn of.
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
  Object.assign(process.env, {
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: '1',
    // What goes wrong comes back as an exception.
    TF_CPP_MIN_LOG_LEVEL: '3',
  });
  return require(packageName);
}

/** Version of a native TensorFlow that works here; undefined when there is none. It is tried in a process of its own, which may die of it. */
export async function nativeVersion(): Promise<string | undefined> {
  if (!isInstalled()) return undefined;
  const probe = fileURLToPath(new URL('native-probe.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [probe]).catch(() => ({ stdout: '' }));
  return stdout.trim() || undefined;
}

/** Whether somebody has put a binding where the package looks for one. */
function isInstalled(): boolean {
  try {
    return existsSync(join(dirname(require.resolve(`${packageName}/package.json`)), 'lib'));
  } catch {
    return false;
  }
}
