import { colors, type VegaLite, vegaLite } from './vega-lite.ts';

/** How far something lies from its reference. */
export interface Shifted {
  readonly kind: 'score' | 'feature' | 'neuron';
  readonly name: string;
  readonly psi: number;
}

/** What is drawn of each kind: who looks for more reads the numbers. */
const most = 20;
const titles = { score: 'score', feature: 'features', neuron: 'neurons' } as const;

/** Bars of PSI, largest first, a panel for each kind, with lines at the usual limits 0.1 and 0.25. */
export function driftPlot(shifts: readonly Shifted[], model: string): VegaLite {
  const kinds = (['score', 'feature', 'neuron'] as const).filter((kind) => shifts.some((one) => one.kind === kind));
  const shown = kinds.flatMap((kind) =>
    shifts
      .filter((one) => one.kind === kind)
      .sort((a, b) => b.psi - a.psi)
      .slice(0, most),
  );
  const largest = Math.max(0.3, ...shown.map(({ psi }) => psi));
  return vegaLite(`What has drifted under ${model}: population stability index`, shown, {
    vconcat: kinds.map((kind) => ({
      transform: [{ filter: { field: 'kind', equal: kind } }],
      width: 420,
      height: { step: 18 },
      layer: [
        {
          mark: { type: 'bar', color: kind === 'neuron' ? colors.second : colors.first, tooltip: true },
          encoding: {
            y: { field: 'name', type: 'nominal', sort: null, title: titles[kind], axis: { labelLimit: 260 } },
            x: { field: 'psi', type: 'quantitative', title: 'PSI', scale: { domain: [0, largest] } },
          },
        },
        ...[0.1, 0.25].map((limit) => ({
          mark: { type: 'rule', strokeDash: [4, 4], color: colors.text },
          encoding: { x: { datum: limit } },
        })),
      ],
    })),
  });
}
