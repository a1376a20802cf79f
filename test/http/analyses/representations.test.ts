// @module-tag any-database
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = <Data>(document: string): Promise<Data> => answered(server.ask)<Data>(document);
const rows = '{ dataset: "flights", partitions: ["12"], where: [{ column: "hour", op: LT, value: 9 }] }';
const few = `{ dataset: "flights", partitions: ["12"], where: [
  { column: "origin", op: EQ, value: "LGA" }, { column: "carrier", op: EQ, value: "AA" }, { column: "hour", op: LT, value: 8 }
] }`;

describe('the tables of features', () => {
  interface Table {
    readonly name: string;
    readonly entryCount: number;
    readonly dimension: number;
    readonly norms: { edges: number[]; counts: number[]; plot: unknown };
    readonly informationAbundance: number;
    readonly effectiveRank: number;
    readonly nearest: { entry: number; value: string; cosine: number }[];
    readonly normByFrequency: {
      minimum: number;
      maximum: number | null;
      entryCount: number;
      meanNorm: number | null;
    }[];
  }
  const fields = `name entryCount dimension norms(bins: 8) { edges counts plot } informationAbundance effectiveRank
    nearest(id: 1, first: 3) { entry value cosine }
    normByFrequency(rows: ${rows}) { minimum maximum entryCount meanNorm }
    normByFrequencyPlot(rows: ${rows})`;

  test('say what became of them, in one reading', async () => {
    const { model } = await ask<{ model: { features: { kind: string; embeddings: Table[] }[] } }>(
      `{ model(name: "flights") { features { kind embeddings { ${fields} } } } }`,
    );
    for (const { kind, embeddings } of model.features) {
      expect(embeddings).toHaveLength(kind === 'NUMERIC' ? 0 : 1);
      for (const table of embeddings) {
        expect(table.norms.counts.reduce((a, b) => a + b)).toBe(table.entryCount);
        expect(table.informationAbundance).toBeGreaterThan(1);
        expect(table.informationAbundance).toBeLessThanOrEqual(table.dimension);
        expect(table.effectiveRank).toBeLessThanOrEqual(table.dimension);
        const { normByFrequency: buckets } = table;
        expect(buckets.reduce((sum, { entryCount }) => sum + entryCount, 0)).toBe(table.entryCount);
        expect(buckets.at(-1)?.maximum).toBeNull();
        for (const [at, { minimum }] of buckets.entries())
          if (at > 0) expect(minimum).toBe((buckets[at - 1]?.maximum as number) + 1);
      }
    }
  });

  test('name the nearest entries by their raw values', async () => {
    const { model } = await ask<{ model: { features: { name: string; embeddings: Table[] }[] } }>(
      '{ model(name: "flights") { features { name embeddings { entryCount nearest(id: 1, first: 1000) { entry value cosine } } } } }',
    );
    const [table] = model.features.flatMap(({ name, embeddings }) => (name === 'origin' ? embeddings : []));
    const { entryCount, nearest } = table as Table;
    expect(nearest.map(({ entry }) => entry).sort()).toEqual(
      Array.from({ length: entryCount }, (_, id) => id).filter((id) => id !== 1),
    );
    // Entry 0 is what an unknown airport becomes.
    expect(nearest.find(({ entry }) => entry === 0)?.value).toBeNull();
    expect(nearest.map(({ value }) => value).filter((value) => value !== null)).toHaveLength(2);
    for (const [at, { cosine }] of nearest.slice(1).entries())
      expect(cosine).toBeLessThanOrEqual(nearest[at]?.cosine as number);
  });

  test.each([
    ['nearest(id: 4) { entry }', 'id', /has 4 entries, from 0 to 3/],
    ['nearest(id: -1) { entry }', 'id', /has 4 entries/],
    ['nearest(id: 0, first: 1001) { entry }', 'first', /between 0 and 1000/],
    ['norms(bins: 0) { counts }', 'bins', /between 1 and 1200/],
  ])('%s is refused', async (field, argument, message) => {
    const { errors } = await server.ask(`{ model(name: "flights") { features { name embeddings { ${field} } } } }`);
    const refused = errors.find(({ path }) => path?.[2] === 1);
    expect(refused).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', argument } });
    expect(refused?.message).toMatch(message);
  });
});

describe('similarity', () => {
  interface Matrix {
    readonly baseLayers: { name: string }[];
    readonly candidateLayers: { name: string }[];
    readonly values: number[][];
    readonly provenance: { rowCount: number };
  }
  const fields = 'baseLayers { name } candidateLayers { name } values plot provenance { rowCount }';

  test('of a model with itself is 1 on the diagonal and symmetric', async () => {
    const { model } = await ask<{ model: { similarity: Matrix; layer: { similarity: number } } }>(
      `{ model(name: "flights") {
        similarity(rows: ${rows}) { ${fields} }
        layer(name: "relu_3") { similarity(layer: "relu", rows: ${rows}) }
      } }`,
    );
    const { values, baseLayers } = model.similarity;
    for (const [i, line] of values.entries()) {
      expect(line[i]).toBe(1);
      for (const [j, value] of line.entries()) expect(value).toBe(values[j]?.[i]);
    }
    const at = (name: string) => baseLayers.findIndex((layer) => layer.name === name);
    expect(model.layer.similarity).toBeCloseTo(values[at('relu_3')]?.[at('relu')] as number, 12);
  });

  test('of two versions is that of the swapped versions, turned over', async () => {
    const comparedWith = (other: number) =>
      `similarity(rows: ${rows}, with: { name: "flights", version: "${other}" }) { ${fields} }
       layer(name: "relu") { similarity(layer: "relu_1", model: { name: "flights", version: "${other}" }, rows: ${rows}) }`;
    const { one, two } = await ask<Record<'one' | 'two', { similarity: Matrix; layer: { similarity: number } }>>(
      `{ one: model(name: "flights", version: "1") { ${comparedWith(2)} }
         two: model(name: "flights", version: "2") { ${comparedWith(1)} } }`,
    );
    for (const [i, line] of one.similarity.values.entries())
      for (const [j, value] of line.entries()) expect(two.similarity.values[j]?.[i]).toBeCloseTo(value, 5);
    // The layer of the model that is asked is the candidate's: a column.
    const { baseLayers, candidateLayers, values } = one.similarity;
    const row = baseLayers.findIndex(({ name }) => name === 'relu_1');
    const column = candidateLayers.findIndex(({ name }) => name === 'relu');
    expect(one.layer.similarity).toBeCloseTo(values[row]?.[column] as number, 6);
  });

  test('with what is not there is refused, with what comes close', async () => {
    const { errors } = await server.ask(
      `{ model(name: "flights") { layer(name: "relu") {
        a: similarity(layer: "relu_9", rows: ${rows})
        b: similarity(layer: "relu_1", model: { name: "flight" }, rows: ${rows})
      } } }`,
    );
    expect(errors.map(({ extensions }) => [extensions.code, (extensions.similar as string[])[0]])).toEqual([
      ['BAD_USER_INPUT', 'relu_1'],
      ['NOT_FOUND', 'flights'],
    ]);
  });
});

describe('a projection', () => {
  interface Projection {
    readonly explainedVariance: number[] | null;
    readonly points: { row: { index: number; label: number }; coordinates: number[]; score: number }[];
    readonly plot: { data: { values: object[] } };
  }
  const fields = 'explainedVariance points { row { index label } coordinates score } plot';
  const projected = async (args: string): Promise<Projection> =>
    (
      await ask<{ model: { layer: { projection: Projection } } }>(
        `{ model(name: "flights") { layer(name: "relu_3") { projection(rows: ${few}${args}) { ${fields} } } } }`,
      )
    ).model.layer.projection;

  test('by principal components has uncorrelated coordinates whose variances are what it explains', async () => {
    const { explainedVariance, points, plot } = await projected(', components: 3');
    expect(plot.data.values).toHaveLength(points.length);
    const variance = (c: number, d: number): number => {
      const mean = (at: number) =>
        points.reduce((sum, point) => sum + (point.coordinates[at] as number), 0) / points.length;
      const [x, y] = [mean(c), mean(d)];
      return points.reduce(
        (sum, { coordinates }) => sum + ((coordinates[c] as number) - x) * ((coordinates[d] as number) - y),
        0,
      );
    };
    const shares = explainedVariance as number[];
    expect(shares[0]).toBeGreaterThan(shares[1] as number);
    expect(variance(1, 1) / variance(0, 0)).toBeCloseTo((shares[1] as number) / (shares[0] as number), 4);
    expect(Math.abs(variance(0, 1)) / variance(0, 0)).toBeLessThan(1e-4);
    expect(points.map(({ row }) => row.index)).toEqual(points.map(({ row }) => row.index).toSorted((a, b) => a - b));
  });

  test('by t-SNE is the same for the same seed', async () => {
    const [once, again, other] = [
      await projected(', method: TSNE, seed: 1'),
      await projected(', method: TSNE, seed: 1'),
      await projected(', method: TSNE, seed: 2'),
    ];
    expect(again.points).toEqual(once.points);
    expect(other.points[0]?.coordinates).not.toEqual(once.points[0]?.coordinates);
    expect(once.explainedVariance).toBeNull();
  });

  test.each([
    ['rows: { dataset: "flights", partitions: ["12"] }', 'rows', /more than 10000 rows.*rows\.sample/s],
    [`rows: ${rows}, method: TSNE`, 'rows', /more than 2000 rows/],
    [`rows: ${few}, components: 17`, 'components', /between 1 and 16/],
    [`rows: ${few}, components: 4, method: TSNE`, 'components', /between 1 and 3/],
  ])('of %s is refused', async (args, argument, message) => {
    const { errors } = await server.ask(
      `{ model(name: "flights") { layer(name: "relu_3") { projection(${args}) { points { score } } } } }`,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }]);
    expect(errors[0]?.message).toMatch(message);
  });
});
