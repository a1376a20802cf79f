import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EvaluationResult, evaluation } from '../../../src/analysis/quality/evaluation.ts';
import type { CurvePoint } from '../../../src/analysis/quality/thresholds.ts';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { float32, type Tensor } from '../../../src/compute/tensor.ts';
import type { ScoreScale } from '../../../src/data/scores/scale.ts';
import { type ModelText, modelOf } from '../../compute/onnx/models.ts';
import { temporaryFolder, writeParquet } from '../../data/parquet.ts';
import { answersOf } from '../../support/pass.ts';
import { MemoryRows, scoresInMemory } from '../memory-rows.ts';

/** Share of (positive, negative) pairs in the right order, ties by half: by the outputs themselves. */
function aucByPairs(outputs: ArrayLike<number>, label: readonly number[]): number {
  const of = (wanted: number) => Array.from(outputs).filter((_, at) => label[at] === wanted);
  const pairs = of(1).flatMap((p) => of(0).map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
  return pairs.reduce((sum: number, one) => sum + one, 0) / pairs.length;
}

describe('a reading of outputs', () => {
  const rows = fc
    .array(fc.record({ label: fc.constantFrom(0, 1), logit: fc.double({ min: -800, max: 800, noNaN: true }) }), {
      minLength: 2,
      maxLength: 40,
    })
    .filter((all) => new Set(all.map(({ label }) => label)).size === 2);
  const arrays = fc.constantFrom(Float32Array, Float64Array);
  const shares = fc.option(fc.double({ min: 0.01, max: 1, noNaN: true }), { nil: undefined });
  const read = (output: Float32Array | Float64Array, label: readonly number[], scale: ScoreScale) => {
    const scores = { row: Float64Array.from(label.keys()), output, label: Int8Array.from(label) };
    return evaluation.read({}, [scoresInMemory(scores, scale)], new MemoryRows({}));
  };

  test('ranks logits by themselves, however large, and takes their loss exactly', () =>
    fc.assert(
      fc.asyncProperty(rows, arrays, shares, async (all, Outputs, negativeSampling) => {
        const outputs = Outputs.from(all.map(({ logit }) => logit));
        const label = all.map((row) => row.label);
        const scale = { space: 'LOGIT', ...(negativeSampling === undefined ? {} : { negativeSampling }) } as const;
        const found = await read(outputs, label, scale);
        expect(found.auc).toBeCloseTo(aucByPairs(outputs, label), 12);
        // −log σ(±z), which is ∓z where σ is all but 0.
        const losses = label.map((one, at) => {
          const z = (one === 1 ? -1 : 1) * ((outputs[at] as number) + Math.log(negativeSampling ?? 1));
          return z > 40 ? z : Math.log1p(Math.exp(z));
        });
        const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
        expect(Math.abs(found.logLoss / mean - 1)).toBeLessThan(1e-12);
      }),
    ));

  test('ranks probabilities of float64 by themselves', () =>
    fc.assert(
      fc.asyncProperty(rows, async (all) => {
        const label = all.map((row) => row.label);
        // All of them are the same float32.
        const outputs = Float64Array.from(all, ({ logit }) => 0.5 + logit * 1e-12);
        expect((await read(outputs, label, { space: 'PROBABILITY' })).auc).toBeCloseTo(aucByPairs(outputs, label), 12);
      }),
    ));

  test('of the logits ±1,000 on the wrong side is a loss of 1,000', async () => {
    const found = await read(Float32Array.of(-1000, 1000), [1, 0], { space: 'LOGIT' });
    expect(found).toMatchObject({ logLoss: 1000, auc: 0, brier: 1, calibrationRatio: 1 });
  });
});

describe('a model', () => {
  const ofType = (dtype: 'float32' | 'float64', values: readonly number[]): Tensor =>
    dtype === 'float32' ? float32([1, 1], values) : { dtype, dims: [1, 1], data: Float64Array.from(values) };

  async function answersTo(dtype: 'float32' | 'float64', output: 'z' | 'p', select: string) {
    const folder = await temporaryFolder();
    const text: ModelText = {
      inputs: { x: [dtype, [null, 1]] },
      weights: { w: ofType(dtype, [1]) },
      nodes: [
        ['MatMul', 'x w', 'z'],
        ['Sigmoid', 'z', 'p'],
      ],
      outputs: 'z p',
    };
    const model = join(folder, 'model.onnx');
    await writeFile(model, toBinary(ModelProtoSchema, modelOf(text)));
    const rows = await writeParquet(join(folder, 'rows.parquet'), select);
    const manifest = {
      score: { output, space: output === 'z' ? 'LOGIT' : 'PROBABILITY' },
      features: [{ name: 'x', kind: 'NUMERIC', column: 'x', input: 'x' }],
    };
    const [, evaluated, points] = await answersOf({ model, manifest, rows, label: 'y' }, [
      { name: 'scores', spec: {} },
      { name: 'evaluation', spec: {}, partKeys: ['0'] },
      { name: 'curve', spec: { kind: 'ROC', points: 100 }, partKeys: ['0'] },
    ]);
    return { ...(evaluated as EvaluationResult), points: points as readonly CurvePoint[] };
  }

  /** Two positives and two negatives, of which one negative is above one positive: three of four pairs are in order. */
  const four = (x: readonly number[]) =>
    `SELECT * FROM (VALUES ${x.map((own, at) => `(${own}::DOUBLE, ${[1, 0, 1, 0][at]})`).join(', ')}) AS t(x, y)`;

  test('that gives logits is judged by them where their probabilities are all 1, or all 0', async () => {
    for (const x of [
      [35, 34, 33, 32],
      [-120, -130, -140, -150],
    ]) {
      const found = await answersTo('float32', 'z', four(x));
      expect(found.auc).toBe(3 / 4);
      expect(found.points).toHaveLength(4);
      for (const { threshold } of found.points) expect(threshold >= 0 && threshold <= 1).toBe(true);
      const losses = x.map((z, at) => Math.max(at % 2 === 0 ? -z : z, 0) + Math.log1p(Math.exp(-Math.abs(z))));
      expect(found.logLoss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / 4, 9);
    }
  });

  test('of float64 is judged in float64, by logits and by probabilities', async () => {
    const x = [1 + 4e-12, 1 + 3e-12, 1 + 2e-12, 1 + 1e-12];
    for (const output of ['z', 'p'] as const) expect((await answersTo('float64', output, four(x))).auc).toBe(3 / 4);
  });
});
