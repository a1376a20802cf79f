import {
  add,
  type Expression,
  gradient,
  mul,
  parameter,
  reduceMean,
  reshape,
  slice,
  sub,
  tensor,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import type { Batch } from '../../data/types.ts';
import { carriersOfFeatures } from '../players.ts';
import { targetOf } from '../target.ts';
import { baselineCarriers } from './baseline.ts';
import { complete } from './complete.ts';
import { Copies } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import { drawnCarriers, drawnValues } from './drawn.ts';
import type { AttributionSpec, Method } from './method.ts';
import { noiseOf, noiseValues } from './noise.ts';
import { forAll } from './positions.ts';
import { Draw } from './random.ts';

/** Of the sample that a row's place on the way is drawn for: elements of carriers are numbered from 0 on. */
const placeElement = 2 ** 31;

/**
 * The mean of (x − b) · ∂f/∂x at random places on the way from the baseline b to the row x, one place a row and sample for all features.
 * With noise, x is another one in each sample; where baselines are drawn, b is, and f(b) is the mean over them (Lundberg and Lee 2017;
 * Erion et al. 2021). Complete in expectation. Copies: the samples, their baselines, the row.
 */
export const gradientShap: Method = {
  rows(spec, subject) {
    const { samples, baselines, atRow } = copiesOf(spec);
    const noise = hasNoise(spec) ? noiseOf(subject) : undefined;
    const copies = new Copies(subject, carriersOfFeatures(subject), {
      count: atRow + 1,
      positions: forAll(parameter('places', 'float32', [null, 1])),
      baseline: isDrawn(spec) ? drawnCarriers(subject) : baselineCarriers(spec, subject),
      noise,
    });
    const f = targetOf(subject, spec.target);
    const ofSamples = (values: Expression): Expression => slice(copies.each(values), 0, 0, samples);
    const ofBaselines = (values: Expression): Expression => slice(copies.each(values), 0, samples, samples + baselines);
    const attributed = (name: string): Expression => {
      const way = sub(slice(copies.each(tensor(name)), 0, atRow, atRow + 1), ofBaselines(tensor(name)));
      const noisy = noise === undefined ? way : add(way, ofSamples(noise(name)));
      const product = reduceMean(mul(noisy, ofSamples(gradient(f, tensor(name)))), [0]);
      return reshape(product, [-1, ...rowDimsOf(subject, name)]);
    };
    return complete(copies, atRow, { f, baseline: reduceMean(ofBaselines(f), [0]), attributed });
  },
  parameters: (spec, subject, batch, drawn) => ({
    places: placesOf(spec, batch),
    ...(hasNoise(spec) ? noiseValues(spec, copiesOf(spec).atRow + 1, subject, batch) : {}),
    ...(drawn === null ? {} : drawnValues(spec, drawn, subject, batch)),
  }),
};

const hasNoise = ({ noise = 0 }: AttributionSpec): boolean => noise > 0;
const isDrawn = ({ baseline }: AttributionSpec): boolean => baseline?.kind === 'DRAWN';

/** How many there are of each kind, and where the row is. */
function copiesOf(spec: AttributionSpec) {
  const { samples = 25 } = spec;
  const baselines = isDrawn(spec) ? samples : 1;
  return { samples, baselines, atRow: samples + baselines };
}

function placesOf(spec: AttributionSpec, { index, rowCount }: Batch) {
  const { samples, atRow } = copiesOf(spec);
  const places = new Float32Array((atRow + 1) * rowCount);
  for (let sample = 0; sample < samples; sample++)
    for (let row = 0; row < rowCount; row++)
      places[sample * rowCount + row] = new Draw(spec.seed ?? 0, index[row] as number, sample).uniform(placeElement);
  return float32([places.length, 1], places.fill(1, atRow * rowCount));
}
