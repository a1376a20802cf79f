import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExplanationsResult } from '../../src/analysis/explanations.ts';
import { executorFor } from '../../src/compute/executors.ts';
import { resolveManifest } from '../../src/data/manifest/resolve.ts';
import { examine } from '../../src/pass/examine/index.ts';
import type { Examination } from '../../src/pass/protocol.ts';
import { writeParquet } from '../data/parquet.ts';
import { answersOf } from '../support/pass.ts';

/*
 * The law of fixed batch sizes: a net that PyTorch exported for a batch of one size gives every row of any number of rows what PyTorch
 * gives it, scores and gradients. Nets and figures: test/fixtures/generate/fixed_batch.py.
 */
const folder = 'test/fixtures/fixed_batch';
interface Figures {
  readonly scores: number[];
  readonly saliency: number[][];
}
const { rows, nets }: { rows: number[][]; nets: Record<string, Figures> } = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
);

const names = (rows[0] as number[]).map((_, index) => `x${index}`);
const features = names.map((name, index) => ({ name, kind: 'NUMERIC', input: 'x', index }));
const manifest = { score: { output: 'score', index: 0, space: 'PROBABILITY' }, features };

let home: string;
let parquet: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'glassgraph-fixed-'));
  const values = rows.map((row) => `(${row.join(', ')})`).join(', ');
  parquet = await writeParquet(
    join(home, 'rows.parquet'),
    `SELECT * FROM (VALUES ${values}) AS rows(${names.join(', ')})`,
  );
});

afterAll(() => rm(home, { recursive: true }));

async function examined(path: string): Promise<Examination> {
  const source = { path, root: dirname(path) };
  const executor = await executorFor(source);
  const { artifact, graph } = await executor.register(source, home, 1);
  const resolved = await resolveManifest(graph, manifest, { readFile: () => Promise.reject(new Error()), home });
  expect(graph.inputs[0]?.shape[0]).toBeNull();
  return examine({ model: { artifact, graph, manifest: resolved }, environment: { home, threads: 1 } });
}

const forms = Object.keys(nets)
  .filter((name) => name !== 'coupled' && name !== 'placed')
  .flatMap((name) =>
    [1, 3, 8].flatMap((size) => ['legacy', 'dynamo'].map((exporter) => [name, size, exporter] as const)),
  );

describe.each(forms)('%s, exported for %d rows by the %s exporter,', (name, size, exporter) => {
  const path = join(process.cwd(), folder, `${name}-${size}-${exporter}.onnx`);
  const { scores, saliency } = nets[name] as Figures;

  test('gives every row its score and its gradient', async () => {
    const methods = ['SALIENCY', 'FEATURE_ABLATION'].map((method) => ({
      name: 'explanations',
      spec: { method, target: { space: 'LOGIT' } },
    }));
    const [slopes, ablation] = (await answersOf({ model: path, manifest, rows: parquet }, methods)) as [
      ExplanationsResult,
      ExplanationsResult,
    ];
    for (const [row, score] of scores.entries()) {
      expect(slopes.score[row]).toBeCloseTo(score, 5);
      expect(ablation.score[row]).toBeCloseTo(score, 5);
    }
    const largest = Math.max(...saliency.flat());
    for (const [at, slope] of saliency.flat().entries())
      expect(Math.abs((slopes.magnitude[at] as number) - slope)).toBeLessThan(1e-4 * largest);
  });

  test('takes any number of rows where its graph allows, and is run by so many where not', async () => {
    const { artifact, warnings } = await examined(path);
    const isLooped = name === 'looped';
    expect(artifact.rowsPerRun).toBe(isLooped ? size : undefined);
    expect(warnings.map(({ code }) => code)).toEqual(isLooped ? ['FIXED_BATCH_SIZE'] : []);
    if (isLooped) expect(warnings[0]?.message).toContain('dynamic_axes or dynamic_shapes in PyTorch');
  });
});

test.each(['legacy', 'dynamo'])('rows of a batch that see each other are refused, %s', async (exporter) => {
  await expect(examined(join(process.cwd(), folder, `coupled-3-${exporter}.onnx`))).rejects.toMatchObject({
    code: 'MODEL_REJECTED',
    message: expect.stringMatching(/takes 3 rows, no more and no fewer.+depends on the other rows.+dynamic_axes/),
  });
});

test.each(['legacy', 'dynamo'])(
  'and rows to which their place in the batch makes a difference, %s',
  async (exporter) => {
    await expect(examined(join(process.cwd(), folder, `placed-3-${exporter}.onnx`))).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringMatching(/depends on the row’s place in the batch.+dynamic_axes/),
    });
  },
);
