import { integersOf } from '../shapes/constant-folding.ts';
import { positive, type Site } from './site.ts';
import type { Value } from './value.ts';

/** How many elements of an axis lie before those that were taken, and how many behind. */
type Margins = ReadonlyMap<number, readonly [before: number, after: number]>;

/** The gradient of a Slice with steps of 1: zeros around. Undefined where its place is known at run time only. */
export function uncut(site: Site): Value | undefined {
  const { x, dy } = site;
  const [starts, ends] = [site.known('starts', 1), site.known('ends', 2)];
  const axes = site.known('axes', 3) ?? (site.has(3) ? undefined : starts?.map((_, axis) => axis));
  const steps = site.has(4) ? site.known('steps', 4) : [];
  if (starts === undefined || ends === undefined || axes === undefined || !steps?.every((step) => step === 1))
    return undefined;
  const margins = new Map<number, readonly [number, number]>();
  for (const [index, given] of axes.entries()) {
    const axis = positive(given, x.rank);
    const margin = marginsOf(x.shape[axis] ?? null, starts[index] ?? 0, ends[index] ?? 0);
    if (margin === undefined) return undefined;
    margins.set(axis, margin);
  }
  return surrounded(dy, margins).like(x);
}

/** The gradient of a Gather of known places that all differ, which exporters write for slices and orders; undefined for others. */
export function ungatheredOnce(site: Site): Value | undefined {
  const { x, dy, b: indices } = site;
  const axis = site.axis('axis', 0);
  const size = x.shape[axis] ?? null;
  const places = integersOf(site.graph, indices.name)?.map((place) =>
    place < 0 && size !== null ? place + size : place,
  );
  const [first] = places ?? [];
  if (places === undefined || first === undefined || size === null || indices.rank > 1) return undefined;
  const taken = indices.rank === 0 ? dy.unsqueeze([axis]) : dy;
  if (places.every((place, index) => place === first + index))
    return surrounded(taken, new Map([[axis, [first, size - first - places.length]]])).like(x);
  const taker = new Map(places.map((place, index) => [place, index]));
  if (taker.size < places.length) return undefined;
  // Places that nobody took have the zero that stands behind the others.
  const back = Array.from({ length: size }, (_, place) => taker.get(place) ?? places.length);
  const withZero = surrounded(taken, new Map([[axis, [0, size > places.length ? 1 : 0]]]));
  return withZero.op('Gather', [withZero, x.integers(back)], { axis }).like(x);
}

/** As numpy counts: negative places from the end, those beyond either end are at that end. */
function marginsOf(size: number | null, start: number, end: number): readonly [number, number] | undefined {
  if (size === null) {
    if (start !== 0 || (end > 0 && end < 2 ** 31 - 1)) return undefined;
    return [0, end < 0 ? -end : 0];
  }
  const clamp = (at: number) => Math.min(Math.max(positive(at, size), 0), size);
  return [clamp(start), size - Math.max(clamp(end), clamp(start))];
}

/** With zeros before and behind. */
export function surrounded(value: Value, margins: Margins): Value {
  const axes = [...value.shape.keys()];
  const pads = [0, 1].flatMap((side) => axes.map((axis) => margins.get(axis)?.[side] ?? 0));
  if (pads.every((pad) => pad === 0)) return value;
  if (value.graph.opset < 11) return value.op('Pad', [value], { pads });
  return value.op('Pad', [value, value.integers(pads)]);
}
