import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeParquet } from '../data/parquet.ts';
import { type Ask, answered } from './ask.ts';

/** Nets to be computed by hand: test/fixtures/toys/README.md. */
export const toysFolder = join(import.meta.dirname, '../fixtures/toys');

/** dense.onnx over columns of these names, each a number of its input `x`. */
export const denseManifest = (columns: readonly string[] = ['a', 'b', 'c']) => ({
  score: { output: 'score' },
  features: columns.map((column, index) => ({ name: `x${index}`, kind: 'NUMERIC', column, input: 'x', index })),
});

/**
 * Rows whose logits by dense.onnx are −6, 1 and 5 in the order of their labels, and the same in the columns that end in 2 in
 * the opposite order.
 */
export const denseRows = `
  SELECT * FROM (VALUES (1.0, 2.0, 3.0, 0.0, 1.0, -1.0, 0, 'mon', 'u1'),
                        (1.0, 0.0, 0.0, 1.0, 0.0,  0.0, 0, 'tue', 'u1'),
                        (0.0, 1.0, -1.0, 1.0, 2.0, 3.0, 1, 'tue', 'u2'))
  AS rows(a, b, c, a2, b2, c2, click, day, who)`;

export interface Registration {
  readonly name: string;
  readonly version?: string;
  readonly uri: string;
  readonly [setting: string]: unknown;
}

const inputOf = ({ uri, version = '1', ...input }: Registration) => ({ version, ...input, source: { uri } });

const modelDocument =
  'mutation ($input: RegisterModelInput!) { registerModel(input: $input) { model { id digest version } } }';
const datasetDocument =
  'mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) { dataset { id digest version } } }';

export const askToRegisterModel = (ask: Ask, model: Registration) => ask(modelDocument, { input: inputOf(model) });
export const askToRegisterDataset = (ask: Ask, dataset: Registration) =>
  ask(datasetDocument, { input: inputOf(dataset) });

interface Registered {
  readonly id: string;
  readonly digest: string;
  readonly version: string;
}

export async function registerModel(ask: Ask, model: Registration): Promise<Registered> {
  const { registerModel: payload } = await answered(ask)<{ registerModel: { model: Registered } }>(modelDocument, {
    input: inputOf(model),
  });
  return payload.model;
}

export async function registerDataset(ask: Ask, dataset: Registration): Promise<Registered> {
  const { registerDataset: payload } = await answered(ask)<{ registerDataset: { dataset: Registered } }>(
    datasetDocument,
    { input: inputOf(dataset) },
  );
  return payload.dataset;
}

/** Writes the rows of a SELECT into the server's folder and registers them under the file's name. */
export async function registerRows(
  server: { ask: Ask; folder: string },
  name: string,
  select: string,
  settings: Record<string, unknown> = {},
): Promise<Registered> {
  await writeParquet(join(server.folder, `${name}.parquet`), select);
  return registerDataset(server.ask, { name, uri: `${name}.parquet`, ...settings });
}

/** A copy of a toy in the server's folder, changed on the way. */
export async function copyToy(
  { folder }: { folder: string },
  toy: string,
  name: string,
  change: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<void> {
  await writeFile(join(folder, name), change(await readFile(join(toysFolder, toy))));
}

/** Bites into the first column of a Parquet file; its footer stays whole. */
export async function damage(path: string): Promise<void> {
  await writeFile(path, (await readFile(path)).fill(255, 4, 400));
}
