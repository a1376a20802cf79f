import { readFileSync } from 'node:fs';

/** A question of the README, and what is said below it. */
interface Passage {
  readonly title: string;
  readonly document: string;
  readonly prose: string;
}

/** What stands under bold titles, each with a query. */
export const passages: readonly Passage[] = readFileSync('README.md', 'utf8')
  .split(/^(?=\*\*.+\*\*)/m)
  .flatMap((text) => {
    const [, title, before, document, after] =
      /^\*\*(.+?)\*\*([\s\S]*?)```graphql\n([\s\S]*?)```([\s\S]*)$/.exec(text) ?? [];
    if (document === undefined || document.startsWith('mutation')) return [];
    return [{ title: title as string, document, prose: `${before}\n${(after as string).split(/^## /m)[0]}` }];
  });

const words: Readonly<Record<string, string>> = { four: '4', sixth: '6', sixteen: '16' };

/** Every number of a text, as it is written there, but for numbers of versions. */
export function numbersIn(prose: string): string[] {
  const text = prose.replace(/\bversion \d\b/gi, '');
  return [...text.matchAll(/(?<![\w.])\d*\.?\d+(?!\w)|\b(?:four|sixth|sixteen)\b/gi)].map(
    ([found]) => words[found.toLowerCase()] ?? found,
  );
}

interface Quality {
  readonly evaluation: { readonly byPartition: readonly { slice: string; auc: number; normalizedEntropy: number }[] };
}
interface Neurons {
  readonly layer: {
    readonly units: number;
    readonly statistics: { readonly deadUnits: number };
    readonly neurons: {
      readonly edges: readonly {
        readonly node: { readonly index: number };
        readonly statistics: { readonly correlationWithScore: number; readonly correlationWithLabel: number };
      }[];
    };
  };
}
interface Saliency {
  readonly saliency: {
    readonly features: readonly { readonly feature: { readonly name: string }; readonly share: number }[];
  };
}
interface Explanation {
  readonly explanations: {
    readonly nodes: readonly {
      readonly score: number;
      readonly attributions: readonly {
        readonly feature: { readonly name: string };
        readonly value: string;
        readonly attribution: number;
      }[];
    }[];
  };
}

/** .842 */
const fraction = (value: number): string => value.toFixed(3).replace(/^0/, '');
const percent = (value: number): string => (100 * value).toFixed(1);

/**
 * The numbers that the text below each question has to have, in its order, by what the server answers about versions 2 and 1; a condition that
 * words state and that does not hold is a number that the text does not have.
 */
export const figures: Readonly<Record<string, (second: never, first: never) => readonly string[]>> = {
  'What is this model?': () => [],
  'How good is it, month by month?': (second: Quality, first: Quality) => {
    const of = ({ evaluation }: Quality, months: readonly number[]): string[] =>
      months.map((month) =>
        fraction(evaluation.byPartition.find(({ slice }) => slice === String(month))?.auc as number),
      );
    const exceeds = second.evaluation.byPartition
      .filter(({ normalizedEntropy }) => normalizedEntropy > 1)
      .map(({ slice }) => slice);
    const months = [1, 9, 10, 11, 12];
    return [
      ...of(second, months),
      exceeds.sort().join() === '10,11,12' ? '1' : `not in ${exceeds}`,
      ...of(first, months),
    ];
  },
  'What do its neurons do?': ({ layer: { units, statistics, neurons } }: Neurons) => {
    const [leader] = neurons.edges;
    return [
      String(units),
      String(leader?.node.index),
      fraction(leader?.statistics.correlationWithScore as number),
      fraction(leader?.statistics.correlationWithLabel as number),
      String(statistics.deadUnits),
      String(units),
    ];
  },
  'Which features drive it?': (second: Saliency, first: Saliency) => {
    const [largest] = second.saliency.features;
    const place = first.saliency.features.findIndex(({ feature }) => feature.name === largest?.feature.name);
    return [
      percent(largest?.share as number),
      String(place + 1),
      percent(first.saliency.features[place]?.share as number),
    ];
  },
  'Why this flight?': (second: Explanation, first: Explanation) => {
    const of = ({ explanations: { nodes } }: Explanation): [string, string] => {
      const [flight] = nodes;
      const aircraft = flight?.attributions.find(({ value }) => value === 'N716EV');
      return [fraction(flight?.score ?? Number.NaN), (aircraft?.attribution ?? Number.NaN).toFixed(2)];
    };
    const [[score, adds], [before, takes]] = [of(second), of(first)];
    // “Takes away”: the text has no sign.
    return [score, adds, before, takes.startsWith('-') ? takes.slice(1) : `+${takes}`];
  },
};
