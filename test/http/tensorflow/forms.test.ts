import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { info } from '../../../src/compute/tfjs/runtime.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerModel, registerRows } from '../../support/toys.ts';
import { difference } from './alike.ts';
import { centralQuestions, type Question, questions } from './analyses.ts';
import { type Net, nets } from './nets.ts';
import { expectDocumented } from './table.ts';

/** Of the largest value of its kind; WebAssembly adds in another order than onnxruntime, and single ones at a time. */
const tolerance = info.device === 'tensorflow' ? 1e-4 : 1e-3;

/** What a form answers, if not what ONNX does: an error's code, or where it differs. */
async function deviation(server: TestServer, form: string, { name, fields }: Question, net: Net): Promise<string> {
  const layersOf = async (model: string): Promise<string[]> => {
    const { data } = await server.ask(`{ model(name: "${model}") { layers(first: 200) { nodes { name } } } }`);
    return data.model.layers.nodes.map((layer: { name: string }) => layer.name);
  };
  const answer = (model: string, layers: readonly string[]) => {
    const named = (part: string): string => layers.find((layer) => layer.split(/[/:]/).includes(part)) ?? part;
    return server.ask(`{ model(name: "${model}") { ${fields(named)} } }`);
  };
  const layers = await layersOf(form);
  if (layers.length === 0 && fields((part) => part).includes('layer(')) return 'no layers';
  const [wanted, actual] = [await answer('onnx', await layersOf('onnx')), await answer(form, layers)];
  expect(wanted.errors, name).toEqual([]);
  expect(net.forms[form]).toBeDefined();
  const [error] = actual.errors;
  if (error !== undefined) return `${error.extensions.code}: ${error.message}`;
  return difference(actual.data, wanted.data, tolerance) ?? 'as ONNX';
}

/** Native TensorFlow alone runs a SavedModel. */
const isMissing = (form: string): boolean => form === 'saved' && info.device !== 'tensorflow';

describe.each(Object.entries(nets))('the net %s', (netName, net) => {
  let server: TestServer;
  const asked = netName === 'plain' ? questions(net) : centralQuestions(net);
  const forms = Object.keys(net.forms).filter((form) => form !== 'onnx' && !isMissing(form));
  const table = new Map(asked.map(({ name }) => [name, new Map<string, string>()]));

  beforeAll(async () => {
    server = await startServer({ sources: [net.folder] });
    for (const [name, [uri, output]] of Object.entries(net.forms)) {
      const score = { output, space: 'PROBABILITY' };
      if (!isMissing(name)) await registerModel(server.ask, { name, uri, manifest: { score, features: net.features } });
    }
    const rows = `SELECT * FROM read_json('${join(net.folder, 'rows.json')}', format = 'newline_delimited')`;
    await registerRows(server, 'rows', rows, { label: 'click' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  describe.each(forms)('as %s', (form) => {
    test.each(asked)('answers $name as ONNX does', async (question) => {
      const found = await deviation(server, form, question, net);
      table.get(question.name)?.set(form, found);
      // A SavedModel has no inner tensors, and says so.
      if (form === 'saved' && found !== 'as ONNX') expect(found).toMatch(/^(UNSUPPORTED_BY_EXECUTOR:|no layers)/);
      else expect(found).toBe('as ONNX');
    });
  });

  test.runIf(netName === 'plain')('the table of docs/tensorflow.md says so', async () => {
    await expectDocumented(info.device, table, forms);
  });
});
