import {
  constant,
  type Expression,
  gradient,
  matmul,
  mul,
  reduceSum,
  reshape,
  slice,
  sub,
  tensor,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import { unsupportedByExecutor } from '../../errors.ts';
import type { Subject } from '../analysis.ts';
import { carriersOfFeatures } from '../players.ts';
import { targetOf } from '../target.ts';
import { byPlayer } from './by-player.ts';
import { Copies } from './copies.ts';
import { gaussLegendre } from './gauss-legendre.ts';
import type { AttributionSpec, RowAttributions } from './method.ts';

/** (x − b) · ∫ ∂f/∂x along the straight way from the zero baseline b (Sundararajan et al. 2017). */
export function alongPath({ target, steps = 50 }: AttributionSpec, subject: Subject): RowAttributions {
  const carriers = carriersOfFeatures(subject);
  const { nodes, weights } = gaussLegendre(steps);
  const copies = new Copies(subject, carriers, [...nodes, 0, 1]);
  const f = targetOf(subject, target);
  const weighted = constant(float32([1, copies.count], Float32Array.from([...weights, 0, 0])));
  const dimsOf = (name: string): number[] => staticDims(subject, name);
  const original = (name: string): Expression => copies.one(tensor(name), copies.count - 1, dimsOf(name));
  const attributed = (name: string): Expression => {
    const slopes = reshape(gradient(f, tensor(name)), [copies.count, -1]);
    const baseline = copies.one(tensor(name), copies.count - 2, dimsOf(name));
    const integral = reshape(matmul(weighted, slopes), [-1, ...dimsOf(name)]);
    return mul(sub(original(name), baseline), integral);
  };
  const { norms, sums } = byPlayer(subject, carriers, attributed, original);
  const atRows = (value: Expression): Expression => copies.one(value, copies.count - 1, []);
  const [baseline, atRow] = [copies.one(f, copies.count - 2, []), atRows(f)];
  const total = reshape(reduceSum(slice(sums, 1, 0, subject.features.length), [1]), [-1]);
  return {
    norms,
    sums,
    target: atRow,
    baseline,
    gap: sub(total, sub(atRow, baseline)),
    atRows,
    overrides: copies.overrides(),
    rowsAtOnce: Math.max(1, Math.floor(4096 / copies.count)),
  };
}

function staticDims({ graph }: Subject, name: string): number[] {
  const dims = graph.tensors.find((spec) => spec.name === name)?.shape.slice(1) ?? [];
  if (dims.every((dim) => dim !== null)) return dims as number[];
  throw unsupportedByExecutor(
    `The tensor “${name}” has axes whose sizes are known at run time only; this method needs to know them. Export the model with fixed lengths, or ask for SALIENCY.`,
    { tensor: name },
  );
}
