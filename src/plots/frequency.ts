import { colors, type VegaLite, vegaLite } from './vega-lite.ts';

/** Entries that occur from `minimum` to `maximum` times; null is no end. NaN without entries. */
export interface FrequencyBar {
  readonly minimum: number;
  readonly maximum: number | null;
  readonly entryCount: number;
  readonly meanNorm: number;
}

/** A bar for each bucket, as high as its entries are long, with their number. */
export function frequencyPlot(buckets: readonly FrequencyBar[], table: string): VegaLite {
  const values = buckets.map(({ minimum, maximum, entryCount, meanNorm }) => ({
    occurrences: minimum === 0 ? 'never' : rangeOf(minimum, maximum),
    'mean norm': Number.isFinite(meanNorm) ? meanNorm : null,
    entries: entryCount,
  }));
  const x = {
    field: 'occurrences',
    type: 'ordinal',
    sort: null,
    title: 'times that an entry occurs in the rows',
    axis: { labelAngle: 0 },
  };
  const y = { field: 'mean norm', type: 'quantitative', title: 'mean L2 norm' };
  return vegaLite([`How long the entries of ${table} are,`, 'by how often they occur'], values, {
    width: { step: 80 },
    height: 220,
    layer: [
      { mark: { type: 'bar', color: colors.first, tooltip: true }, encoding: { x, y } },
      {
        mark: { type: 'text', dy: -8, color: colors.text },
        encoding: { x, y, text: { field: 'entries', type: 'quantitative', format: ',d' } },
      },
    ],
  });
}

function rangeOf(minimum: number, maximum: number | null): string {
  const written = (count: number): string => count.toLocaleString('en');
  if (maximum === minimum || (maximum === null && minimum === 1))
    return maximum === null ? '1 and more' : written(minimum);
  return maximum === null ? `${written(minimum)} and more` : `${written(minimum)}–${written(maximum)}`;
}
