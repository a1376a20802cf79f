import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { badUserInput } from '../errors.ts';
import { ask, asking, print, printJson, tellErrors } from './client.ts';

interface Flags {
  readonly url: string;
  readonly file?: string;
  readonly variables?: string;
  readonly operation?: string;
  readonly wait?: string;
  readonly explain?: true | 'json' | 'mermaid';
}

export const queryCommand = (): Command =>
  asking(new Command('query').description('ask a server a GraphQL document, and print the data of its answer as JSON'))
    .argument('[document]', 'the document; “-” or nothing reads it from standard input')
    .option('-f, --file <path>', 'read the document from a file')
    .option('-v, --variables <json>', 'values of its variables, a JSON object')
    .option('-o, --operation <name>', 'which of its operations')
    .option('-w, --wait <seconds>', 'how long to wait for what has to be computed (the server’s patience)')
    .addOption(
      new Option('--explain [form]', 'print the passes that answered it instead of the answer: as JSON or Mermaid')
        .choices(['json', 'mermaid'])
        .preset('json'),
    )
    .addHelpText(
      'after',
      `
Ends with 1 when any field has an error; errors go to standard error, each with its code.

  glassgraph query '{ models { nodes { name version } } }'
  glassgraph query --file review.graphql --variables '{"model":"ctr"}' --wait 600
  glassgraph query --explain mermaid --file page.graphql`,
    )
    .action(query);

async function query(document: string | undefined, flags: Flags): Promise<void> {
  const request = {
    query: await documentOf(document, flags),
    variables: variablesOf(flags.variables),
    ...(flags.operation === undefined ? {} : { operationName: flags.operation }),
  };
  const { data, errors, extensions } = await ask(flags.url, request, {
    ...(flags.wait === undefined ? {} : { prefer: `wait=${flags.wait}` }),
    ...(flags.explain === undefined ? {} : { 'x-glassgraph-plan': '1' }),
  });
  tellErrors(errors);
  if (flags.explain === 'mermaid') print(extensions.plan?.mermaid ?? '');
  else if (flags.explain !== undefined) printJson(extensions.plan?.passes ?? []);
  else if (data !== null) printJson(data);
  if (errors.length > 0) process.exitCode = 1;
}

async function documentOf(document: string | undefined, { file }: Flags): Promise<string> {
  if (file === undefined) return document === undefined || document === '-' ? text(process.stdin) : document;
  if (document !== undefined) throw badUserInput('file', 'Give the document or --file, not both.');
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw badUserInput('file', `The file “${file}” cannot be read (${error.code}).`);
  });
}

function variablesOf(json: string | undefined): unknown {
  if (json === undefined) return {};
  try {
    return JSON.parse(json);
  } catch (error) {
    throw badUserInput('variables', `--variables is no JSON: ${(error as Error).message}.`);
  }
}
