import type { LayerGraph } from '../../compute/graph.ts';
import { isBag } from '../../data/manifest/manifest.ts';
import { analysisFailed, badUserInput, type ErrorDetails } from '../../errors.ts';
import type { Subject } from '../analysis.ts';

/** Whether what it has on the axis of its rows are the elements of lists of any length, of which a row has some or none. */
export const isOfElements = ({ name }: LayerGraph, { graph, features }: Subject): boolean =>
  graph.lookups.some(
    ({ carrier, input }) => carrier === name && features.some((feature) => isBag(feature) && feature.input === input),
  );

const sharedAxis = (what: string, details?: ErrorDetails) =>
  analysisFailed(
    `${what}: rows and positions, or the elements of lists, share an axis, so that which value is whose is not known. Ask for a layer after it.`,
    details,
  );

/** ANALYSIS_FAILED for a layer whose rows are not alone on their axis. */
export const withoutRows = (layer: string) => sharedAxis(`The layer “${layer}” cannot be read by rows`, { layer });

/** Throws it where a batch shows that they are not. */
export function assertByRow(valueCount: number, rowCount: number): void {
  if (valueCount !== rowCount) throw sharedAxis(`This layer gives ${valueCount} values for ${rowCount} rows`);
}

/** Throws BAD_USER_INPUT where the rows have nothing on a layer: no element in any of their lists. */
export function assertObserved(observationCount: number): void {
  if (observationCount === 0)
    throw badUserInput('rows', 'The lists that this layer reads are empty in all of these rows. Ask about other rows.');
}
