// @module-tag any-database
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleTabs } from '../../src/server/example-tabs.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ example: true });
});
afterAll(() => server[Symbol.asyncDispose]());

test.each(exampleTabs.map((tab) => [/query (\w+)/.exec(tab)?.[1], tab]))('the tab %s is answered', async (_, tab) => {
  const { data, errors } = await server.ask(tab as string, {}, { prefer: 'wait=60' });
  expect(errors).toEqual([]);
  expect(JSON.stringify(data)).not.toMatch(/"(model|dataset)":null/);
});
