import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { onnxExecutor } from '../../../../src/compute/onnx/executor.ts';
import { tensor } from '../../../../src/compute/program.ts';
import { int64 } from '../../../../src/compute/tensor.ts';
import { modelOf, temporaryFolder, valuesOf, written } from '../models.ts';

const MiB = 2 ** 20;

/** Memory of this process that is no file's, bytes; null where the system does not tell. */
async function anonymousBytes(): Promise<number | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kilobytes = /RssAnon:\s+(\d+) kB/.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

test('weights are mapped, not copied: three programs over a 96 MiB table', async () => {
  const rowCount = (96 * MiB) / 64;
  const table = { dtype: 'float32' as const, dims: [rowCount, 16], data: new Float32Array(rowCount * 16).fill(1) };
  table.data[table.data.length - 1] = 7;
  const path = await written(
    modelOf({
      inputs: { id: ['int64', [null]] },
      weights: { table },
      nodes: [['Gather', 'table id', 'embedding']],
      outputs: 'embedding',
    }),
  );
  const home = await temporaryFolder();
  const { artifact } = await onnxExecutor.register({ path, root: dirname(path) }, home);
  const graphBytes = await readFile(join(home, artifact.files[0] ?? ''));
  expect(graphBytes.length).toBeLessThan(1000);

  const model = await onnxExecutor.open(artifact, { home, threads: 1 });
  const before = await anonymousBytes();
  const programs = await Promise.all([1, 2, 3].map(() => model.compile({ outputs: { e: tensor('embedding') } })));
  const batch = { rowCount: 1, inputs: { id: int64([1], [rowCount - 1]) }, rowValues: {} };
  for (const program of programs) expect(valuesOf((await program.run(batch, {})).e).at(-1)).toBe(7);
  const after = await anonymousBytes();
  if (before !== null && after !== null) expect(after - before).toBeLessThan(48 * MiB);
  for (const program of programs) await program.close();
});
