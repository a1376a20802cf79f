import { colors, type VegaLite, vegaLite } from './vega-lite.ts';

export interface Contribution {
  /** The feature, and what it is on this row. */
  readonly name: string;
  readonly attribution: number;
}

export interface ExplainedRow {
  /** Of a complete method: f(baseline), and what the attributions leave open of the way to f(x). */
  readonly start: { readonly baseline: number; readonly gap: number } | null;
  readonly target: number;
  readonly contributions: readonly Contribution[];
}

/** Bars that anybody looks at. */
const barCount = 12;

/**
 * One row explained, largest contribution first, the small ones as one bar. Of a complete method a waterfall from the baseline to
 * the target, each bar beginning where the one above has ended; of others, bars beside zero.
 */
export function waterfallPlot({ start, target, contributions }: ExplainedRow, title: string): VegaLite {
  const sorted = contributions.toSorted((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution));
  const shown = sorted.length > barCount ? sorted.slice(0, barCount - 1) : sorted;
  const others = sorted.slice(shown.length);
  const rest = sumOf(others);
  const bars = [...shown, ...(others.length > 0 ? [{ name: `${others.length} others`, attribution: rest }] : [])];
  if (start !== null && Math.abs(start.gap) > 0.001 * Math.abs(target - start.baseline))
    bars.push({ name: 'not attributed', attribution: -start.gap });
  let at = start?.baseline ?? 0;
  const steps = bars.map(({ name, attribution }) => {
    const from = start === null ? 0 : at;
    at += attribution;
    return { name, attribution, from, to: from + attribution, direction: attribution < 0 ? 'lowers' : 'raises' };
  });
  const ends =
    start === null
      ? [{ at: 0, what: 'no contribution' }]
      : [
          { at: start.baseline, what: `baseline ${short(start.baseline)}` },
          { at: target, what: `this row ${short(target)}` },
        ];
  return vegaLite(title, steps, {
    width: 420,
    height: { step: 20 },
    layer: [
      {
        data: { values: ends },
        mark: { type: 'rule', color: colors.text, strokeDash: [3, 3], tooltip: true },
        encoding: { x: { field: 'at', type: 'quantitative' } },
      },
      {
        mark: { type: 'bar', tooltip: true },
        encoding: {
          y: { field: 'name', type: 'nominal', sort: null, title: null },
          x: { field: 'from', type: 'quantitative', scale: { zero: start === null }, title: axisTitle(start, target) },
          x2: { field: 'to' },
          color: {
            field: 'direction',
            type: 'nominal',
            scale: { domain: ['raises', 'lowers'], range: [colors.second, colors.first] },
            title: null,
          },
        },
      },
    ],
  });
}

const axisTitle = (start: ExplainedRow['start'], target: number): string =>
  start === null
    ? `attribution; the target is ${short(target)}`
    : `from ${short(start.baseline)} at the baseline to ${short(target)} on this row`;

const sumOf = (contributions: readonly Contribution[]): number =>
  contributions.reduce((sum, { attribution }) => sum + attribution, 0);

const short = (value: number): string => String(Number(value.toPrecision(3)));
