import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, registerModel, toysFolder } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  const dense = { uri: 'dense.onnx', manifest: denseManifest() };
  await registerModel(server.ask, { ...dense, name: 'ctr', version: '1', tags: ['old'], description: 'The first.' });
  await registerModel(server.ask, { ...dense, name: 'CTR 100%', version: '1', tags: ['new', 'shadow'] });
  await registerModel(server.ask, { ...dense, name: 'ctr', version: '2', tags: ['new'] });
  await registerModel(server.ask, { ...dense, name: 'price_model', version: '1' });
  await registerModel(server.ask, { ...dense, name: 'ctr', version: '10' });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Listed {
  readonly name: string;
  readonly version: string;
}
const list = async (args: string): Promise<string[]> => {
  const { models } = await answered(server.ask)<{ models: { totalCount: number; nodes: Listed[] } }>(
    `{ models(${args}) { totalCount nodes { name version } } }`,
  );
  return models.nodes.map(({ name, version }) => `${name} ${version}`);
};

describe('models', () => {
  test.each([
    ['first: 20', ['ctr 10', 'price_model 1', 'CTR 100% 1']],
    ['allVersions: true', ['ctr 10', 'price_model 1', 'ctr 2', 'CTR 100% 1', 'ctr 1']],
    ['search: "ctr"', ['ctr 10', 'CTR 100% 1']],
    ['search: "%"', ['CTR 100% 1']],
    ['search: "e_m"', ['price_model 1']],
    ['search: "_"', ['price_model 1']],
    ['search: "\\\\"', []],
    ['tag: "new"', ['CTR 100% 1']],
    ['tag: "new", allVersions: true', ['ctr 2', 'CTR 100% 1']],
    ['tag: "ne"', []],
    ['format: ONNX', ['ctr 10', 'price_model 1', 'CTR 100% 1']],
    ['search: "ctr", tag: "old", allVersions: true', ['ctr 1']],
  ])('(%s) are newest first', async (args, expected) => {
    expect(await list(args)).toEqual(expected);
  });

  test('are paged from either end', async () => {
    const page = async (args: string) =>
      (
        await answered(server.ask)<{ models: { nodes: Listed[]; pageInfo: object; totalCount: number } }>(
          `{ models(allVersions: true, ${args}) { totalCount nodes { version } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
        )
      ).models;
    const versions = ({ nodes }: { nodes: Listed[] }): string[] => nodes.map(({ version }) => version);
    const first = await page('first: 2');
    expect(versions(first)).toEqual(['10', '1']);
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const { endCursor } = first.pageInfo as { endCursor: string };
    const second = await page(`first: 2, after: "${endCursor}"`);
    expect(versions(second)).toEqual(['2', '1']);
    expect(second).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: true } });
    const last = await page('last: 2');
    expect(versions(last)).toEqual(['1', '1']);
    expect(last).toMatchObject({ pageInfo: { hasNextPage: false, hasPreviousPage: true } });
    const { startCursor } = last.pageInfo as { startCursor: string };
    expect(versions(await page(`last: 10, before: "${startCursor}"`))).toEqual(['10', '1', '2']);
  });

  test('know their versions, newest first', async () => {
    expect(
      await answered(server.ask)('{ model(name: "ctr", version: "1") { versions { totalCount nodes { version } } } }'),
    ).toEqual({
      model: { versions: { totalCount: 3, nodes: [{ version: '10' }, { version: '2' }, { version: '1' }] } },
    });
  });

  test('say what they are', async () => {
    expect(
      await answered(server.ask)(`{
        latest: model(name: "ctr") { version }
        model(name: "ctr", version: "1") {
          description tags format sizeBytes parameterCount
          executor { name available }
          inputs { name dtype shape }
          outputs { name dtype shape }
          score { output index space logitTensor }
          manifest
          layers { totalCount nodes { name kind units activation inputs { name } outputs { name } } }
        }
      }`),
    ).toMatchObject({
      latest: { version: '10' },
      model: {
        description: 'The first.',
        tags: ['old'],
        format: 'ONNX',
        parameterCount: 11,
        executor: { name: 'ONNXRUNTIME', available: true },
        inputs: [{ name: 'x', dtype: 'float32', shape: [null, 3] }],
        outputs: [{ name: 'score', dtype: 'float32', shape: [null, 1] }],
        score: { output: 'score', index: 0, space: 'PROBABILITY', logitTensor: 'logit' },
        manifest: { ...denseManifest(), score: { output: 'score', index: 0, space: 'PROBABILITY', logit: 'logit' } },
        layers: {
          nodes: [
            { name: 'hidden', kind: 'DENSE', units: 2, activation: 'relu', inputs: [], outputs: [{ name: 'logit' }] },
            { name: 'logit', inputs: [{ name: 'hidden' }] },
            { name: 'score', outputs: [] },
          ],
        },
      },
    });
  });
});

describe('an alias', () => {
  const set = (version: string) =>
    answered(server.ask)(
      `mutation ($version: String!) {
        setModelAlias(input: { model: { name: "ctr", version: $version }, alias: "champion" }) {
          model { version aliases } previous { version aliases }
        }
      }`,
      { version },
    );
  const champion = '{ model(name: "ctr", alias: "champion") { version } }';

  test('points at one version of a model, and moves', async () => {
    const one = (aliases: string[]) => ({ version: '1', aliases });
    const two = (aliases: string[]) => ({ version: '2', aliases });
    expect(await set('1')).toEqual({ setModelAlias: { model: one(['champion']), previous: null } });
    expect(await answered(server.ask)(champion)).toEqual({ model: { version: '1' } });
    expect(await set('2')).toEqual({ setModelAlias: { model: two(['champion']), previous: one([]) } });
    expect(await answered(server.ask)(champion)).toEqual({ model: { version: '2' } });
    expect(await answered(server.ask)('{ model(name: "ctr", version: "1") { aliases } }')).toEqual({
      model: { aliases: [] },
    });
  });

  test('may name what gets another alias, and with a version must agree with it', async () => {
    await set('2');
    expect(
      await answered(server.ask)(
        'mutation { setModelAlias(input: { model: { name: "ctr", alias: "champion" }, alias: "best" }) { model { aliases } } }',
      ),
    ).toEqual({ setModelAlias: { model: { aliases: ['best', 'champion'] } } });
    expect(
      await answered(server.ask)(`{
        agreeing: model(name: "ctr", alias: "champion", version: "2") { version }
        other: model(name: "ctr", alias: "champion", version: "1") { version }
        elsewhere: model(name: "CTR 100%", alias: "champion") { version }
      }`),
    ).toEqual({ agreeing: { version: '2' }, other: null, elsewhere: null });
  });
});

test('what one mutation of a document did is told also when the next one fails', async () => {
  const { data, errors } = await server.ask(`mutation {
    done: setModelAlias(input: { model: { name: "ctr", version: "1" }, alias: "first" }) { model { aliases } }
    failed: setModelAlias(input: { model: { name: "ctr", version: "9" }, alias: "ninth" }) { model { aliases } }
    after: setModelAlias(input: { model: { name: "ctr", version: "1" }, alias: "third" }) { model { aliases } }
  }`);
  expect(errors).toMatchObject([{ path: ['failed'], extensions: { code: 'NOT_FOUND' } }]);
  expect(data.failed).toBeNull();
  expect(data.done.model.aliases).toContain('first');
  expect(data.after.model.aliases).toEqual(expect.arrayContaining(['first', 'third']));
});
