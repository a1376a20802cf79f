import {
  constant,
  type Expression,
  gradient,
  matmul,
  mul,
  reshape,
  slice,
  sub,
  tensor,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import { carriersOfFeatures } from '../players.ts';
import { targetOf } from '../target.ts';
import { baselineCarriers } from './baseline.ts';
import { complete } from './complete.ts';
import { Copies } from './copies.ts';
import { rowDimsOf } from './dims.ts';
import { gaussLegendre } from './gauss-legendre.ts';
import type { Method } from './method.ts';
import { forAll, ofCopies } from './positions.ts';

/** (x − b) · ∫ ∂f/∂x along the straight way from the baseline b (Sundararajan et al. 2017). */
export const alongPath: Method = {
  rows(spec, subject) {
    const { nodes, weights } = gaussLegendre(spec.steps ?? 50);
    const [atBaseline, atRow] = [nodes.length, nodes.length + 1];
    const copies = new Copies(subject, carriersOfFeatures(subject), {
      count: nodes.length + 2,
      positions: forAll(ofCopies([...nodes, 0, 1].map((node) => [node]))),
      baseline: baselineCarriers(spec, subject),
    });
    const f = targetOf(subject, spec.target);
    const weighted = constant(float32([1, nodes.length], weights));
    const attributed = (name: string): Expression => {
      // At the ends, which are no nodes, a gradient may be infinite: it is left out, since no weight makes a number of it.
      const slopes = slice(copies.each(gradient(f, tensor(name))), 0, 0, nodes.length);
      const integral = matmul(weighted, slopes);
      const way = sub(copies.tensorOf(name, atRow), copies.tensorOf(name, atBaseline));
      return mul(way, reshape(integral, [-1, ...rowDimsOf(subject, name)]));
    };
    return complete(copies, atRow, { f, baseline: copies.one(f, atBaseline), attributed });
  },
};
