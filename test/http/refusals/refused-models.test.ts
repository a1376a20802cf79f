// @module-tag any-database
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { expectRefused, type Refusal } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { askToRegisterModel, copyToy, denseManifest, toysFolder } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await copyToy(server, 'dense.onnx', 'cut.onnx', (bytes) => bytes.subarray(0, bytes.length / 2));
  await writeFile(join(server.folder, 'empty.onnx'), '');
  await writeFile(join(server.folder, 'letter.onnx'), 'Dear model, how are you?\n');
  await mkdir(join(server.folder, 'nothing'));
  await symlink(join(toysFolder, '..', 'flights'), join(server.folder, 'away'));
  await mkdir(join(server.folder, 'bad'));
  await copyToy(server, 'dense.onnx', 'bad/model.onnx');
  await writeFile(join(server.folder, 'bad/manifest.json'), '{ "score": ');
});
afterAll(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  const { models } = await answered(server.ask)<{ models: object }>('{ models { totalCount } }');
  expect(models).toEqual({ totalCount: 0 });
});

const register = (uri: string, manifest?: unknown) => askToRegisterModel(server.ask, { name: 'm', uri, manifest });

describe('a file that is no model, or no good one, is MODEL_REJECTED', () => {
  test.each<[uri: string, message: RegExp]>([
    ['cut.onnx', /“cut.onnx”: .*cut off/],
    ['empty.onnx', /“empty.onnx”: The file is empty/],
    ['letter.onnx', /“letter.onnx”: The file is text/],
    ['nothing', /There is no model in the folder “nothing”/],
    ['.', /holds \d .onnx files. Name the file/],
    ['bad', /manifest.json beside the model is no JSON/],
    ['hostile/domain.onnx', /domain “.+”, which is not allowed/],
    ['hostile/opset99.onnx', /opset 99; opsets 7 to 25 are read/],
    ['hostile/escape.onnx', /external data of .* does not name a file below the model’s folder/],
    ['hostile/absolute.onnx', /external data of .* does not name a file below the model’s folder/],
    ['hostile/cycle.onnx', /goes in a circle/],
    ['hostile/shape.onnx', /needs .* bytes and has/],
  ])('%s', async (uri, message) => {
    expectRefused(await register(uri), ['MODEL_REJECTED', message]);
  });
});

describe('a uri that reaches out of the source folders, or to nothing, is refused', () => {
  test.each<[uri: string, ...Refusal]>([
    ['/etc/passwd', 'FORBIDDEN', /“\/etc\/passwd” is outside of the server.s source folders/],
    ['../../etc/passwd', 'FORBIDDEN', /“..\/..\/etc\/passwd” is outside/],
    ['hostile/../../flights/expected.json', 'FORBIDDEN', /outside/],
    [`file://${tmpdir()}`, 'FORBIDDEN', /outside/],
    ['away/expected.json', 'FORBIDDEN', /“away\/expected.json” is outside/],
    ['https://models.example/model.onnx', 'BAD_USER_INPUT', /is not on this machine/],
    ['denes.onnx', 'BAD_USER_INPUT', /There is no file or folder “denes.onnx”/],
    ['*.nothing', 'BAD_USER_INPUT', /Nothing matches “\*.nothing”/],
    ['hostile/*.onnx', 'BAD_USER_INPUT', /“hostile\/\*.onnx” is 6 files/],
    ['', 'BAD_USER_INPUT', /must name a file/],
    ['a\0b', 'BAD_USER_INPUT', /U\+0000/],
  ])('%j', async (uri, ...refusal) => {
    const answer = await register(uri);
    expectRefused(answer, refusal);
    expect(answer.errors[0]?.extensions.argument).toBe('input.source.uri');
  });
});

describe('a manifest that does not fit the model is refused', () => {
  const good = denseManifest();
  const [first, ...others] = good.features as [object, ...object[]];
  const withFeature = (feature: object) => ({ ...good, features: [{ ...first, ...feature }, ...others] });

  test.each<[what: string, manifest: unknown, ...Refusal]>([
    ['a text', 'score', 'BAD_USER_INPUT', /manifest must be object/],
    [
      'an unknown kind',
      withFeature({ kind: 'CATEGORIAL' }),
      'BAD_USER_INPUT',
      /features\[0\].kind is "CATEGORIAL".*CATEGORICAL/,
    ],
    [
      'an unknown property',
      withFeature({ colunm: 'a' }),
      'BAD_USER_INPUT',
      /features\[0\] has the key “colunm”; allowed are/,
    ],
    ['an unknown input', withFeature({ input: 'y' }), 'BINDING_MISMATCH', /“x0” names the input “y”/],
    ['an unknown output', { ...good, score: { output: 'scores' } }, 'BINDING_MISMATCH', /output “scores”.*“score”/],
    [
      'an output index too far',
      { ...good, score: { output: 'score', index: 1 } },
      'BINDING_MISMATCH',
      /index is 1.*1 values a row/,
    ],
    [
      'a score without output',
      { ...good, score: {} },
      'BAD_USER_INPUT',
      /manifest.score must have required property 'output'/,
    ],
    ['an unknown score space', { ...good, score: { output: 'score', space: 'CHANCE' } }, 'BAD_USER_INPUT', /"CHANCE"/],
    [
      'an unknown logit',
      { ...good, score: { output: 'score', logit: 'logits' } },
      'BINDING_MISMATCH',
      /tensor “logits”/,
    ],
    [
      'a slot that nothing fills',
      { ...good, features: others },
      'BINDING_MISMATCH',
      /No feature fills slot 0 of the input “x”/,
    ],
    ['a slot filled twice', withFeature({ index: 1 }), 'BINDING_MISMATCH', /fills? slot/],
    ['two features of one name', withFeature({ name: 'x1' }), 'BAD_USER_INPUT', /x1/],
    [
      'a vocabulary that is not there',
      withFeature({ kind: 'CATEGORICAL', vocabulary: 'x.txt' }),
      'BAD_USER_INPUT',
      /“x.txt” is not beside the model/,
    ],
    [
      'a vocabulary elsewhere',
      withFeature({ kind: 'CATEGORICAL', vocabulary: '../README.md' }),
      'BAD_USER_INPUT',
      /not a path/,
    ],
    ['a list', [], 'BAD_USER_INPUT', /manifest must be object/],
  ])('%s', async (_, manifest, ...refusal) => {
    expectRefused(await register('dense.onnx', manifest), refusal);
  });

  test.each<[uri: string, ...Refusal]>([
    ['dense.onnx', 'BINDING_MISMATCH', /The input “x” has more than one value a row/],
    ['multitask.onnx', 'BINDING_MISMATCH', /more than one value a row: “scores” \[\?, 2\]/],
    ['logit.onnx', 'BINDING_MISMATCH', /Nothing in the model says what its output “logit” is/],
  ])('and so is none where %s needs one', async (uri, ...refusal) => {
    expectRefused(await register(uri), refusal);
  });
});

describe('a name that is none is refused', () => {
  test.each([
    ['', 'name', '1'],
    [' dense', 'name', '1'],
    ['a\u200bb', 'name', '1'],
    ['x'.repeat(201), 'name', '1'],
    ['m', 'version', ''],
    ['m', 'version', 'a\nb'],
  ])('%j (%s, version %j)', async (name, argument, version) => {
    const answer = await askToRegisterModel(server.ask, {
      name,
      version,
      uri: 'dense.onnx',
      manifest: denseManifest(),
    });
    expectRefused(answer, ['BAD_USER_INPUT', /must be 1 to 200 printable characters/]);
    expect(answer.errors[0]?.extensions.argument).toBe(`input.${argument}`);
  });
});
