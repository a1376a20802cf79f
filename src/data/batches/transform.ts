import type { Transform } from '../manifest/manifest.ts';

/** The transforms of a number, in order, as one function. */
export function transformation(transforms: readonly Transform[]): (value: number) => number {
  const steps = transforms.map(step);
  return (value) => steps.reduce((result, apply) => apply(result), value);
}

function step(transform: Transform): (value: number) => number {
  if ('log1p' in transform) return Math.log1p;
  if ('standardize' in transform) {
    const { mean, deviation } = transform.standardize;
    return (value) => (value - mean) / deviation;
  }
  if ('clip' in transform) {
    const { low, high } = transform.clip;
    return (value) => Math.min(Math.max(value, low), high);
  }
  const { edges } = transform.bucketize;
  return (value) => countUpTo(edges, value);
}

/** How many of the ascending edges are at most the value: 0 below the first, edges.length from the last on. */
function countUpTo(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
