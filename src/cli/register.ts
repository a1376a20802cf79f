import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { badUserInput, GlassgraphError } from '../errors.ts';
import { parseJson } from '../exact-json.ts';
import { asked, asking, print, printJson } from './client.ts';

const uriNote = `
URI is a path that the server reads: a file, folder or glob below one of its GLASSGRAPH_SOURCES. The same bytes and settings
again are a success that changes nothing; a version that has others is a CONFLICT.`;

export const registerCommand = (): Command =>
  new Command('register')
    .description('make a model or a dataset known to a server')
    .addCommand(
      asking(new Command('model').description('register a version of a model'))
        .argument('<name>', 'name of the model')
        .argument('<version>', 'its version')
        .argument('<uri>', 'where the server finds it')
        .option('--manifest <file>', 'JSON that binds features to columns (manifest.json beside the model)')
        .option('--description <text>', 'what it is, in words')
        .option('--tag <name...>', 'tags to find it by')
        .option('--alias <name>', 'point this name at it as well, e.g. champion')
        .option('--json', 'print what was registered as JSON')
        .addHelpText('after', uriNote)
        .action(registerModel),
    )
    .addCommand(
      asking(new Command('dataset').description('register a version of a dataset'))
        .argument('<name>', 'name of the dataset')
        .argument('<version>', 'its version')
        .argument('<uri>', 'where the server finds it')
        .option('--label <column>', 'column of what really happened')
        .option('--positive <value>', 'what counts as 1 where that is not 0 and 1, e.g. yes')
        .option('--group-by <column>', 'column of GAUC’s groups')
        .option('--partition-by <column>', 'column of days, versions or the like')
        .option('--description <text>', 'what it is, in words')
        .option('--json', 'print what was registered as JSON')
        .addHelpText('after', uriNote)
        .action(registerDataset),
    );

interface Flags {
  readonly url: string;
  readonly json?: true;
  readonly description?: string;
}

async function registerModel(
  name: string,
  version: string,
  uri: string,
  {
    url,
    json: asJson,
    manifest,
    tag,
    alias,
    description,
  }: Flags & { manifest?: string; tag?: string[]; alias?: string },
): Promise<void> {
  const input = {
    name,
    version,
    source: { uri },
    description,
    tags: tag,
    ...(manifest && { manifest: await readJson(manifest) }),
  };
  const document = `mutation ($input: RegisterModelInput!) {
    registerModel(input: $input) { model { id name version digest layers { totalCount } } }
  }`;
  const { registerModel: payload } = await asked<{ registerModel: { model: Registered & { layers: Counted } } }>(url, {
    query: document,
    variables: { input },
  });
  const { layers, ...registered } = payload.model;
  if (!asJson)
    print(`${name} ${version}: ${layers.totalCount} layers, digest ${registered.digest}, id ${registered.id}`);
  if (alias !== undefined) {
    const pointing = 'mutation ($input: SetModelAliasInput!) { setModelAlias(input: $input) { model { id } } }';
    await asked(url, { query: pointing, variables: { input: { model: { name, version }, alias } } });
  }
  if (asJson) return printJson({ model: { ...registered, layerCount: layers.totalCount }, alias: alias ?? null });
  if (alias !== undefined) print(`${alias} is ${name} ${version}`);
}

interface Registered {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}
interface Counted {
  readonly totalCount: number;
}

async function registerDataset(
  name: string,
  version: string,
  uri: string,
  { url, json, ...settings }: Flags & { label?: string; positive?: string; groupBy?: string; partitionBy?: string },
): Promise<void> {
  const document =
    'mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) { dataset { id name version digest rowCount } } }';
  const { registerDataset: payload } = await asked<{ registerDataset: { dataset: Registered & { rowCount: number } } }>(
    url,
    { query: document, variables: { input: { name, version, source: { uri }, ...settings } } },
  );
  if (json) return printJson(payload);
  const { id, digest, rowCount } = payload.dataset;
  print(`${name} ${version}: ${rowCount} rows, digest ${digest}, id ${id}`);
}

async function readJson(path: string): Promise<unknown> {
  try {
    return parseJson(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof GlassgraphError) throw error;
    throw badUserInput('manifest', `The manifest “${path}” cannot be read: ${(error as Error).message}.`);
  }
}
