import type { Program } from '../../compute/program.ts';
import { slotsOf } from '../../data/manifest/manifest.ts';
import type { Subject } from '../analysis.ts';
import { rowsAtOnce } from './copies.ts';

/** What a program needs whose runs take so many copies of every row, whole values of features replaced (data/batches/copies.ts). */
export const onCopies = (count: number, subject: Subject): Pick<Program, 'takesOwnInputs' | 'rowsAtOnce'> => ({
  takesOwnInputs: true,
  rowsAtOnce: rowsAtOnce(count, widthsOf(subject)),
});

/** Elements of a row of every input. */
const widthsOf = ({ graph, features }: Subject): number[] =>
  graph.inputs.map(({ name }) =>
    features
      .flatMap(slotsOf)
      .filter(({ input }) => input === name)
      .reduce((sum, { width }) => sum + width, 0),
  );
