// @module-tag any-database
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { info } from '../../../src/compute/tfjs/runtime/runtime.ts';
import type { Answer } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerModel, registerRows } from '../../support/toys.ts';
import { difference } from './alike.ts';
import { centralQuestions, isPart, type Question, questions } from './analyses.ts';
import { type Net, nets } from './nets.ts';
import { expectDocumented } from './table.ts';

/** Of the largest value of its kind; WebAssembly adds in another order than onnxruntime, and single ones at a time. */
const tolerance = info.device === 'tensorflow' ? 1e-4 : 1e-3;

/** Native TensorFlow alone runs a SavedModel. */
const isMissing = (form: string): boolean => form === 'saved' && info.device !== 'tensorflow';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: nets.map(({ folder }) => folder), patienceMs: 120_000 });
});
afterAll(() => server[Symbol.asyncDispose]());

/** A form is a version of its net. */
async function registerForm({ name, folder, forms, features }: Net, version: string): Promise<void> {
  const [place, output] = forms[version] as readonly [string, string];
  const manifest = { score: { output, space: 'PROBABILITY' }, features };
  await registerModel(server.ask, { name, version, uri: join(folder, place), manifest });
}

/** All questions in one document, so that they share passes. */
async function answers({ name }: Net, version: string, asked: readonly Question[]): Promise<Answer<unknown>[]> {
  const model = `model(name: "${name}", version: "${version}")`;
  const { data: known } = await server.ask(`{ ${model} { layers(first: 200) { nodes { name } } } }`);
  const layers: string[] = known.model.layers.nodes.map((layer: { name: string }) => layer.name);
  const layerNamed = (part: string): string => layers.find((layer) => isPart(layer, part)) ?? part;
  const fields = asked.map((question, at) => `q${at}: ${model} { ${question.fields(layerNamed)} }`);
  const { data, errors, ...rest } = await server.ask(`{ ${fields.join('\n')} }`);
  return asked.map(({ read = (answer) => answer }, at) => {
    const own = errors.filter(({ path }) => path === undefined || path[0] === `q${at}`);
    return { ...rest, errors: own, data: own.length > 0 ? null : read(data[`q${at}`]) };
  });
}

/** A SavedModel has no inner tensors: what asks for them gets null or an empty list. */
function lack({ fields }: Question): string | undefined {
  const asked = fields((part) => part);
  if (asked.includes('layer(')) return 'no layers';
  return asked.includes('embeddings') ? 'no tables' : undefined;
}

/** What a form answers, if not what ONNX does: an error's code, or where it differs. */
function deviation(actual: Answer<unknown>, wanted: Answer<unknown>): string {
  const [error] = actual.errors;
  if (error !== undefined) return `${error.extensions.code}: ${error.message}`;
  return difference(actual.data, wanted.data, tolerance) ?? 'as ONNX';
}

describe.each(nets)('the net $name', (net) => {
  const asked = net.name === 'plain' ? questions(net) : centralQuestions(net);
  const forms = Object.keys(net.forms).filter((form) => form !== 'onnx' && !isMissing(form));
  const each = asked.map(({ name }, at) => [name, at] as const);
  const found = new Map<string, Answer<unknown>[]>();
  const answerOf = (form: string, at: number) => found.get(form)?.[at] as Answer<unknown>;
  const table = new Map(asked.map(({ name }) => [name, new Map<string, string>()]));

  beforeAll(async () => {
    const rows = `SELECT * FROM read_json('${join(net.folder, 'rows.json')}', format = 'newline_delimited')`;
    await registerRows(server, net.name, rows, { label: 'click', groupBy: net.single, partitionBy: 'click' });
    for (const form of ['onnx', ...forms]) await registerForm(net, form);
    for (const form of ['onnx', ...forms]) found.set(form, await answers(net, form, asked));
  });

  test.each(each)('answers %s as ONNX', (_, at) => {
    expect(answerOf('onnx', at).errors).toEqual([]);
  });

  describe.each(forms)('as %s', (form) => {
    test.each(each)('answers %s as ONNX does', (name, at) => {
      const lacking = form === 'saved' ? lack(asked[at] as Question) : undefined;
      const said = lacking ?? deviation(answerOf(form, at), answerOf('onnx', at));
      table.get(name)?.set(form, said);
      if (form === 'saved' && said !== 'as ONNX') expect(said).toMatch(/^(UNSUPPORTED_BY_EXECUTOR:|no )/);
      else expect(said).toBe('as ONNX');
    });
  });

  test.runIf(net.name === 'plain')('the table of docs/tensorflow.md says so', async () => {
    await expectDocumented(info.device, table, forms);
  });
});
