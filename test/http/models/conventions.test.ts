// @module-tag any-database
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeRows } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { askToRegisterModel, registerDataset, registerModel } from '../../support/toys.ts';
import type { Expected } from '../../support/zoo.ts';

/** Models with inputs as people export them, and what their frameworks say of 16 rows. Lists beside offsets: bags.test.ts. */
const folder = join(import.meta.dirname, '../../fixtures/zoo');
const conventions = {
  'one matrix of floats, ids and lists as columns': 'deepctr-deepfm-legacy',
  'an input for each feature': 'rechub-dcn-legacy',
  'inputs [n, 1] of int32 and float32': 'keras-wide-tf2onnx',
  'a matrix of numbers and one of ids': 'torch-dlrm-legacy',
  'vectors that were looked up elsewhere': 'torch-carried-dynamo',
};

interface Feature {
  readonly name: string;
  readonly kind: string;
  readonly input: string;
  readonly index: number;
  readonly length?: number;
}
interface Specimen extends Expected {
  readonly manifest: { readonly score: object; readonly features: readonly Feature[] };
}
const specimens: Record<string, Specimen> = {};

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [folder] });
  for (const name of Object.values(conventions)) {
    const specimen: Specimen = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
    specimens[name] = specimen;
    await registerModel(server.ask, { name, uri: `${name}.onnx`, manifest: specimen.manifest });
    await writeRows(
      join(server.folder, `${name}.parquet`),
      `SELECT * FROM (VALUES ${valuesOf(specimen)}`,
      'FORMAT parquet',
    );
    await registerDataset(server.ask, { name, uri: `${name}.parquet`, label: 'click' });
  }
});
afterAll(() => server[Symbol.asyncDispose]());

/** A column for each feature: numbers, ids, and lists without their padding. */
function valuesOf({ inputs, manifest: { features } }: Specimen): string {
  const rows = Array.from({ length: 16 }, (_, row) => {
    const cells = features.map((feature) => cell(feature, row, inputs));
    return `(${[...cells, row % 2].join(', ')})`;
  });
  return `${rows.join(', ')}) AS t(${[...features.map(({ name }) => `"${name}"`), 'click'].join(', ')})`;
}

function cell({ kind, input, index, length = 1 }: Feature, row: number, inputs: Expected['inputs']): string {
  const { dims = [], values = [] } = inputs[input] ?? {};
  const width = dims[1] ?? 1;
  const own = values.slice(row * width + index, row * width + index + length);
  if (kind === 'SEQUENCE') return `[${listOf(own).join(', ')}]::BIGINT[]`;
  if (kind === 'EMBEDDING') return `[${own.join(', ')}]::DOUBLE[]`;
  return `${own[0]}::${kind === 'NUMERIC' ? 'DOUBLE' : 'BIGINT'}`;
}
const listOf = (ids: readonly number[]): number[] => ids.slice(0, ids.findLastIndex((id) => id !== 0) + 1);

const question = `query ($name: String!, $model: String!) { model(name: $model) {
  evaluation(rows: { dataset: $name }) { rowCount auc logLoss }
  explanations(rows: { dataset: $name }, method: SALIENCY) { nodes { score target attributions { feature { name } magnitude } } }
} }`;
interface Answer {
  readonly evaluation: { rowCount: number; auc: number };
  readonly explanations: {
    nodes: { score: number; target: number; attributions: { feature: { name: string }; magnitude: number }[] }[];
  };
}
const ask = async (name: string, model = name) =>
  (await answered(server.ask)<{ model: Answer }>(question, { name, model })).model;

describe.each(Object.entries(conventions))('%s', (_, name) => {
  test('is bound, scored and explained as its framework does', async () => {
    const { scores, logits, gradients, inputs, manifest } = specimens[name] as Specimen;
    const { evaluation, explanations } = await ask(name);
    const won = scores.flatMap((one, row) =>
      scores.flatMap((other, at) => (row % 2 === 1 && at % 2 === 0 ? [one > other ? 1 : one === other ? 0.5 : 0] : [])),
    );
    expect(evaluation.rowCount).toBe(16);
    expect(evaluation.auc).toBeCloseTo(won.reduce<number>((sum, one) => sum + one, 0) / won.length, 6);
    const largest = Math.max(...Object.values(gradients).flatMap(({ norm = [] }) => norm));
    for (const [row, { score, target, attributions }] of explanations.nodes.entries()) {
      expect(score).toBeCloseTo(scores[row] as number, 5);
      expect(target).toBeCloseTo(logits[0]?.[row] as number, 4);
      for (const { feature, magnitude } of attributions) {
        const bound = manifest.features.find((one) => one.name === feature.name) as Feature;
        // Positions that hold padding have a gradient there, and count for nothing here.
        const isFull = bound.kind !== 'SEQUENCE' || !cell(bound, row, inputs).includes(', 0');
        const list = bound.kind === 'SEQUENCE' ? cell(bound, row, inputs).split(',').length : 0;
        if (bound.kind === 'SEQUENCE' && (!isFull || list < (bound.length ?? 0))) continue;
        const norm = gradients[feature.name]?.norm?.[row] as number;
        expect(Math.abs(magnitude - norm), `${feature.name} of row ${row}`).toBeLessThan(1e-4 * largest);
      }
    }
  });

  test('registers with the manifest that is suggested where there is none, and answers the same', async () => {
    const model = `${name} as suggested`;
    const { errors } = await askToRegisterModel(server.ask, { name: model, uri: `${name}.onnx` });
    if (errors.length > 0) {
      expect(errors[0]?.extensions.code).toBe('BINDING_MISMATCH');
      const manifest = errors[0]?.extensions.suggestion;
      await registerModel(server.ask, { name: model, uri: `${name}.onnx`, manifest });
    }
    const [suggested, own] = [await ask(name, model), await ask(name)];
    expect(suggested.evaluation).toEqual(own.evaluation);
  });
});
