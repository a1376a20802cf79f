// @module-tag any-database
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, denseRows, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

/** What NeuronColumns has, one entry a unit. */
interface Columns {
  readonly mean: number[];
  readonly standardDeviation: number[];
  readonly minimum: number[];
  readonly maximum: number[];
  readonly zeroFraction: number[];
  readonly correlationWithLabel: (number | null)[];
  readonly correlationWithScore: (number | null)[];
}
interface Page {
  readonly totalCount: number;
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
  readonly edges: { cursor: string; node: { index: number }; statistics: { mean: number } | null }[];
}

let server: TestServer;
let columns: Columns;
beforeAll(async () => {
  server = await startServer({ example: true, sources: [toysFolder] });
  const { model } = await answered(server.ask)<{ model: { layer: { statistics: { neurons: Columns } } } }>(`{
    model(name: "flights", version: "2") {
      layer(name: "relu_2") {
        statistics(rows: { dataset: "flights", partitions: ["10"] }) {
          neurons { mean standardDeviation minimum maximum zeroFraction correlationWithLabel correlationWithScore }
        }
      }
    }
  }`);
  columns = model.layer.statistics.neurons;
});
afterAll(() => server[Symbol.asyncDispose]());

const document = `query (
  $rows: RowsInput, $first: Int, $after: String, $last: Int, $before: String, $orderBy: NeuronOrder, $where: NeuronFilter
) {
  model(name: "flights", version: "2") {
    layer(name: "relu_2") {
      neurons(rows: $rows, first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, where: $where) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { index } statistics { mean } }
      }
    }
  }
}`;
const october = { dataset: 'flights', partitions: ['10'] };

async function neurons(args: Record<string, unknown>): Promise<Page> {
  const { model } = await answered(server.ask)<{ model: { layer: { neurons: Page } } }>(document, {
    rows: october,
    ...args,
  });
  return model.layer.neurons;
}
const indexes = ({ edges }: Page): number[] => edges.map(({ node }) => node.index);

const all = Array.from({ length: 32 }, (_, unit) => unit);
const absolute = (values: (number | null)[]): (number | null)[] =>
  values.map((value) => (value === null ? null : Math.abs(value)));
const fields: Record<string, () => (number | null)[]> = {
  INDEX: () => all,
  MEAN: () => columns.mean,
  STANDARD_DEVIATION: () => columns.standardDeviation,
  ZERO_FRACTION: () => columns.zeroFraction,
  CORRELATION_WITH_LABEL: () => columns.correlationWithLabel,
  CORRELATION_WITH_SCORE: () => columns.correlationWithScore,
  ABS_CORRELATION_WITH_LABEL: () => absolute(columns.correlationWithLabel),
  ABS_CORRELATION_WITH_SCORE: () => absolute(columns.correlationWithScore),
};

describe('neurons in order', () => {
  test.each(Object.keys(fields).flatMap((field) => [[field, 'ASC'] as const, [field, 'DESC'] as const]))(
    'of %s %s: nulls last, ties by index',
    async (field, direction) => {
      const values = (fields[field] as () => (number | null)[])();
      const present = all.filter((unit) => values[unit] !== null);
      const sign = direction === 'ASC' ? 1 : -1;
      const sorted = present.toSorted((a, b) => sign * ((values[a] as number) - (values[b] as number)) || a - b);
      const missing = all.filter((unit) => values[unit] === null);
      expect(indexes(await neurons({ orderBy: { field, direction } }))).toEqual([...sorted, ...missing]);
    },
  );

  test('the layer has what makes it hard: ties, and correlations that do not exist', () => {
    expect(new Set(columns.zeroFraction).size).toBeLessThan(32);
    expect(columns.correlationWithScore).toContain(null);
  });

  test('are largest first unless said, and by index when no order is asked for', async () => {
    const orderBy = { field: 'MEAN' };
    expect(indexes(await neurons({ orderBy }))).toEqual(
      indexes(await neurons({ orderBy: { ...orderBy, direction: 'DESC' } })),
    );
    expect(indexes(await neurons({}))).toEqual(all);
  });
});

describe('neurons that satisfy a filter', () => {
  const within = (values: readonly (number | null)[], low: number, high: number): number[] =>
    all.filter((unit) => values[unit] !== null && (values[unit] as number) >= low && (values[unit] as number) <= high);
  test.each<[what: string, where: object, expected: () => number[]]>([
    ['dead', { dead: true }, () => all.filter((unit) => columns.minimum[unit] === columns.maximum[unit])],
    ['not dead', { dead: false }, () => all.filter((unit) => columns.minimum[unit] !== columns.maximum[unit])],
    ['saturated: a ReLU is not', { saturated: true }, () => []],
    ['not saturated', { saturated: false }, () => all],
    ['a mean of at least 0.5', { mean: { gte: 0.5 } }, () => within(columns.mean, 0.5, Infinity)],
    ['some spread', { standardDeviation: { gte: 0.1, lte: 1 } }, () => within(columns.standardDeviation, 0.1, 1)],
    ['mostly zero', { zeroFraction: { gte: 0.5 } }, () => within(columns.zeroFraction, 0.5, 1)],
    ['a bound itself', { zeroFraction: { gte: 1, lte: 1 } }, () => within(columns.zeroFraction, 1, 1)],
    ['against the label', { correlationWithLabel: { lte: 0 } }, () => within(columns.correlationWithLabel, -1, 0)],
    [
      'any correlation, which some do not have',
      { correlationWithScore: {} },
      () => within(columns.correlationWithScore, -1, 1),
    ],
    [
      'all of them',
      { dead: false, mean: { lte: 0.5 }, correlationWithScore: { gte: 0 } },
      () => within(columns.mean, 0, 0.5).filter((unit) => (columns.correlationWithScore[unit] ?? -1) >= 0),
    ],
    ['nothing', { mean: { gte: 1, lte: 0 } }, () => []],
  ])('%s', async (_, where, expected) => {
    const page = await neurons({ where });
    expect(indexes(page)).toEqual(expected());
    expect(page.totalCount).toBe(expected().length);
  });
});

describe('pages of neurons', () => {
  const orderBy = { field: 'MEAN', direction: 'ASC' };
  test('forwards meet all of them, once each', async () => {
    const whole = indexes(await neurons({ orderBy }));
    const met: number[] = [];
    let after: string | undefined;
    for (let pages = 1; ; pages++) {
      const { pageInfo, edges, totalCount } = await neurons({ orderBy, first: 5, after });
      met.push(...edges.map(({ node }) => node.index));
      expect(totalCount).toBe(32);
      expect(pageInfo).toMatchObject({ hasPreviousPage: after !== undefined, startCursor: edges[0]?.cursor });
      after = pageInfo.endCursor;
      expect(after).toBe(edges.at(-1)?.cursor);
      expect(pageInfo.hasNextPage).toBe(pages < 7);
      if (!pageInfo.hasNextPage) break;
    }
    expect(met).toEqual(whole);
  });

  test('backwards meet all of them too', async () => {
    const whole = indexes(await neurons({ orderBy }));
    const met: number[] = [];
    let before: string | undefined;
    do {
      const { pageInfo, edges } = await neurons({ orderBy, last: 10, before });
      met.unshift(...edges.map(({ node }) => node.index));
      before = pageInfo.hasPreviousPage ? pageInfo.startCursor : undefined;
    } while (before !== undefined);
    expect(met).toEqual(whole);
  });

  test('between two cursors hold what lies between', async () => {
    const { edges } = await neurons({ orderBy });
    const between = await neurons({ orderBy, after: edges[3]?.cursor, before: edges[8]?.cursor });
    expect(indexes(between)).toEqual(edges.slice(4, 8).map(({ node }) => node.index));
    expect(between.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true });
  });

  test('of none have no edges', async () => {
    const { edges, pageInfo, totalCount } = await neurons({ first: 0 });
    expect([edges, totalCount, pageInfo]).toEqual([
      [],
      32,
      { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    ]);
  });

  test('without rows have no statistics', async () => {
    const { edges } = await neurons({ rows: null, last: 2 });
    expect(edges.map(({ node, statistics }) => [node.index, statistics])).toEqual([
      [30, null],
      [31, null],
    ]);
  });
});

describe('a histogram', () => {
  // Of dense.onnx: unit 0 is 2, 1, 3 and unit 1 is 9, 0, 0; the labels are 0, 0, 1.
  const histograms = `query ($dataset: String!) { model(name: "dense") { layer(name: "hidden") {
    low: neuron(index: 0) { statistics(rows: { dataset: $dataset }) { histogram(bins: 2) { ...counted } } }
    high: neuron(index: 1) { statistics(rows: { dataset: $dataset }) { histogram(bins: 3) { ...counted } } }
  } } } fragment counted on Histogram { edges counts positiveCounts plot }`;
  beforeAll(() => registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() }));
  const ask = async (name: string, select: string, label: string | null) => {
    await registerRows(server, name, select, { label });
    const { model } = await answered(server.ask)<{
      model: { layer: Record<'low' | 'high', { statistics: { histogram: { plot: { data: { values: object[] } } } } }> };
    }>(histograms, { dataset: name });
    return [model.layer.low.statistics.histogram, model.layer.high.statistics.histogram];
  };

  test('counts the rows with label 1, and plots both classes', async () => {
    const [low, high] = await ask('labelled', denseRows, 'click');
    expect(low).toMatchObject({ edges: [1, 2, 3], counts: [1, 2], positiveCounts: [0, 1] });
    expect(high).toMatchObject({ edges: [0, 3, 6, 9], counts: [2, 0, 1], positiveCounts: [1, 0, 0] });
    expect(low?.plot.data.values).toContainEqual({ low: 2, high: 3, label: '0', count: 1 });
  });

  test('has rows without a label among all others, and says so where it plots them', async () => {
    const some = `SELECT * REPLACE (CASE WHEN a = 1 AND b = 0 THEN NULL ELSE click END AS click) FROM (${denseRows})`;
    const [low] = await ask('some', some, 'click');
    expect(low).toMatchObject({ counts: [1, 2], positiveCounts: [0, 1] });
    expect(low?.plot.data.values).toContainEqual({ low: 1, high: 2, label: '0 or none', count: 1 });
  });

  test('has no counts by label where there is none', async () => {
    const [low] = await ask('plain', denseRows, null);
    expect(low).toMatchObject({ counts: [1, 2], positiveCounts: null });
  });
});
