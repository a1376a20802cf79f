import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { info } from '../../../src/compute/tfjs/runtime.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerModel, registerRows } from '../../support/toys.ts';
import { difference } from './alike.ts';
import { type Question, questions } from './analyses.ts';
import { type Net, nets } from './nets.ts';
import { expectDocumented } from './table.ts';

/** Of the largest value of its kind; WebAssembly adds in another order than onnxruntime, and single ones at a time. */
const tolerance = info.device === 'tensorflow' ? 1e-4 : 1e-3;

/** What a form answers, if not what ONNX does: an error's code, or where it differs. */
async function deviation(server: TestServer, form: string, { name, fields }: Question, net: Net): Promise<string> {
  const named = async (model: string): Promise<(part: string) => string> => {
    const { data } = await server.ask(`{ model(name: "${model}") { layers(first: 200) { nodes { name } } } }`);
    const names: string[] = data.model.layers.nodes.map((layer: { name: string }) => layer.name);
    return (part) => names.find((layer) => layer.split(/[/:]/).includes(part)) ?? part;
  };
  const answer = async (model: string) => server.ask(`{ model(name: "${model}") { ${fields(await named(model))} } }`);
  const [wanted, actual] = [await answer('onnx'), await answer(form)];
  expect(wanted.errors, name).toEqual([]);
  expect(net.forms[form]).toBeDefined();
  const [error] = actual.errors;
  if (error !== undefined) return `${error.extensions.code}: ${error.message}`;
  return difference(actual.data, wanted.data, tolerance) ?? 'as ONNX';
}

describe.each(Object.entries(nets))('the net %s', (netName, net) => {
  let server: TestServer;
  const asked = questions(net.layers, net.layers.at(-1) as string);
  const forms = Object.keys(net.forms).filter((form) => form !== 'onnx');
  const table = new Map(asked.map(({ name }) => [name, new Map<string, string>()]));

  beforeAll(async () => {
    server = await startServer({ sources: [net.folder] });
    for (const [name, [uri, output]] of Object.entries(net.forms))
      await registerModel(server.ask, { name, uri, manifest: { score: { output }, features: net.features } });
    const rows = `SELECT * FROM read_json('${join(net.folder, 'rows.json')}', format = 'newline_delimited')`;
    await registerRows(server, 'rows', rows, { label: 'click' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  describe.each(forms)('as %s', (form) => {
    test.each(asked)('answers $name as ONNX does', async (question) => {
      const found = await deviation(server, form, question, net);
      table.get(question.name)?.set(form, found);
      expect(found).toBe('as ONNX');
    });
  });

  test.runIf(netName === 'plain')('the table of docs/tensorflow.md says so', async () => {
    await expectDocumented(info.device, table, forms);
  });
});
