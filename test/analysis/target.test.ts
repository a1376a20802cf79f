import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Subject } from '../../src/analysis/analysis.ts';
import { scoreOf } from '../../src/analysis/score.ts';
import { type TargetSpace, targetOf } from '../../src/analysis/target.ts';
import type { OpenModel } from '../../src/compute/executor.ts';
import { gradient, tensor } from '../../src/compute/program.ts';
import { float32 } from '../../src/compute/tensor.ts';
import type { ScoreBinding } from '../../src/data/manifest/manifest.ts';
import { modelOf, opened, run, valuesOf } from '../compute/onnx/models.ts';

/** One number a row; three logits of it, and what heads make of them. */
const heads = modelOf({
  inputs: { x: ['float32', [null, 1]] },
  weights: { w: float32([1, 3], [1, -0.5, 0.25]), b: float32([3], [0.5, -1, 0.125]) },
  nodes: [
    ['Gemm', 'x w b', 'z'],
    ['Sigmoid', 'z', 'p'],
    // As of a click and a purchase after it: no logit is in the graph.
    ['Split', 'p', 'click buy other', { axis: 1, num_outputs: 3 }],
    ['Mul', 'click buy', 'both'],
    ['Softmax', 'z', 'classes', { axis: 1 }],
  ],
  outputs: 'z p both classes',
});

const kinds: readonly (readonly [string, ScoreBinding])[] = [
  ['a logit', { output: 'z', index: 0, space: 'LOGIT' }],
  ['a probability whose logit is in the graph', { output: 'p', index: 1, space: 'PROBABILITY' }],
  ['a product of probabilities', { output: 'both', index: 0, space: 'PROBABILITY' }],
  ['a class of a softmax', { output: 'classes', index: 2, space: 'PROBABILITY' }],
];

const spaces = ['LOGIT', 'PROBABILITY', 'OUTPUT'] as const;

/** Score, target in every space, and the target's slope in every space, on each row. */
async function figuresOf(model: OpenModel, score: ScoreBinding, x: readonly number[]) {
  const subject: Subject = { graph: model.graph, score, features: [] };
  const outputs = Object.fromEntries([
    ['score', scoreOf(subject)],
    ...spaces.flatMap((space) => {
      const target = targetOf(subject, { space });
      return [
        [space, target],
        [`slope of ${space}`, gradient(target, tensor('x'))],
      ];
    }),
  ]);
  const found = await run(model, { outputs }, { x: float32([x.length, 1], x) });
  const at = (name: string): number[] => valuesOf(found[name]);
  return {
    score: at('score'),
    target: (space: TargetSpace) => at(space),
    slope: (s: TargetSpace) => at(`slope of ${s}`),
  };
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const close = (values: readonly number[], digits = 5) => values.map((value) => expect.closeTo(value, digits));

test.each(kinds)(
  '%s: the sigmoid of the target is the score, also where negatives were sampled',
  async (_, binding) => {
    const model = await opened(heads);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ noNaN: true, min: -4, max: 4 }), { minLength: 1, maxLength: 8 }),
        fc.double({ noNaN: true, min: 0.001, max: 1 }),
        async (x, share) => {
          const plain = await figuresOf(model, binding, x);
          const { score, target, slope } = await figuresOf(model, { ...binding, negativeSampling: share }, x);
          expect(score).toEqual(close(plain.score.map((p) => p / (p + (1 - p) / share))));
          expect(target('LOGIT').map(sigmoid)).toEqual(close(score));
          expect(target('PROBABILITY')).toEqual(score);
          expect(target('OUTPUT').map(binding.space === 'LOGIT' ? sigmoid : (p) => p)).toEqual(close(score));
          // The correction moves the logit by a constant.
          expect(slope('LOGIT')).toEqual(close(plain.slope('LOGIT')));
          expect(slope('PROBABILITY')).toEqual(
            close(slope('LOGIT').map((one, row) => one * bend(score[row] as number))),
          );
        },
      ),
      { numRuns: 10 },
    );
  },
);

const bend = (score: number): number => score * (1 - score);
