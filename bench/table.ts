/** One line of RESULTS.md: figures as people read them, ours and what they are held against, measured in one run. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly against: string;
  /** Of ours to the other side, in the sense of `goal`; a dash where nothing is compared. */
  readonly ratio: string;
  /** Of DESIGN; a dash where the figure is only reported. */
  readonly goal: string;
}

export const none = '–';

const cells = ({ what, ours, against, ratio, goal }: Row): string =>
  `| ${[what, ours, against, ratio, goal].join(' | ')} |`;

export function markdownTable(rows: readonly Row[]): string {
  const head = cells({ what: 'what', ours: 'ours', against: 'against', ratio: 'ratio', goal: 'goal' });
  return [head, '| --- | --- | --- | --- | --- |', ...rows.map(cells)].join('\n');
}

export const milliseconds = (ms: number): string =>
  ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms).toLocaleString('en')} ms`;
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
export const times = (ratio: number): string => `${ratio.toFixed(2)}×`;

/** How many happen in a second. */
export function perSecond(count: number, ms: number, unit: string): string {
  const rate = (count / ms) * 1000;
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} M ${unit}/s` : `${Math.round(rate).toLocaleString('en')} ${unit}/s`;
}
