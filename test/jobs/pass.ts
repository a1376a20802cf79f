import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeResult, encodeResult } from '../../src/analysis/codec.ts';
import { serve } from '../../src/compute/process/serve.ts';
import { bindingMismatch } from '../../src/errors.ts';
import type { KeptPart, PassEnvironment, PassRequest, PassResult } from '../../src/pass/protocol.ts';

/** What becomes of an analysis, by its spec. Its result is those of its parts and its key. */
export type Fate = 'kept' | 'dies' | 'dies once' | 'refused' | 'fails' | 'forgotten' | 'hangs' | 'hangs once' | 'waits';

interface PassCall {
  readonly request: PassRequest;
  readonly kept: Readonly<Record<string, KeptPart>>;
  readonly environment: PassEnvironment;
}

/** A compute process that computes nothing and can fail in every way. It notes in `runs` which keys it was asked for. */
serve({
  async pass({ request, kept, environment }: PassCall, { emit, progress }) {
    const parts = new Map(Object.entries(kept).map(([key, { value }]) => [key, decodeResult(value) as string]));
    const partOf = (key: string): string => {
      const part = parts.get(key);
      if (part === undefined) throw new Error(`the part ${key} is missing`);
      return part;
    };
    const keep = (key: string, text: string): void => {
      parts.set(key, text);
      emit(resultOf(key, encodeResult(text)));
    };
    progress({ rowsDone: 1, rowsTotal: 2, memoryBytes: process.memoryUsage.rss() });
    for (const { key, spec, partKeys } of request.analyses) {
      const runs = noted(join(environment.home, 'runs'), key);
      if (spec === 'waits') await untilTold(join(environment.home, 'go'));
      if (!(await survives(spec as Fate, runs))) continue;
      // All rows have been read when there is a result.
      progress({ rowsDone: 2, rowsTotal: 2, memoryBytes: process.memoryUsage.rss() });
      keep(key, [...partKeys.map(partOf), key].join(' '));
    }
    for (const { key, partKeys } of request.readings) {
      noted(join(environment.home, 'runs'), key);
      keep(key, [...partKeys.map(partOf), key].join(' '));
    }
  },
});

async function survives(fate: Fate, runs: number): Promise<boolean> {
  // What was sent before is on its way when the process ends.
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (fate === 'dies' || (fate === 'dies once' && runs === 1)) process.kill(process.pid, 'SIGKILL');
  if (fate === 'hangs' || (fate === 'hangs once' && runs === 1)) await new Promise(() => undefined);
  if (fate === 'refused') throw bindingMismatch('The column “late” is missing.', { column: 'late' });
  if (fate === 'fails') throw new TypeError('a secret of the server');
  return fate !== 'forgotten';
}

/** Until somebody writes the file. */
async function untilTold(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** How often the key was noted, this time included. */
function noted(path: string, key: string): number {
  appendFileSync(path, `${key}\n`);
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line === key).length;
}

const resultOf = (key: string, value: Uint8Array): PassResult => ({
  key,
  value,
  files: [],
  rowCount: 2,
  skippedRowCount: 0,
  durationMs: 1,
  executor: 'ONNXRUNTIME',
  device: 'cpu',
});
