import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import { badUserInput, GlassgraphError } from '../errors.ts';
import { parseJson } from '../exact-json.ts';
import { type AnswerError, ask, asking, lineOf, print, printJson } from './client.ts';
import { exitCodeOf, exitCodes } from './exit.ts';
import { absentOf, missingOf } from './required.ts';

interface Flags {
  readonly url: string;
  readonly file?: string;
  readonly variables?: string;
  readonly operation?: string;
  readonly wait?: string;
  readonly explain?: true | 'json' | 'mermaid';
  readonly require: readonly string[];
  readonly json?: true;
}

export const queryCommand = (): Command =>
  asking(new Command('query').description('ask a server a GraphQL document, and print the data of its answer as JSON'))
    .argument('[document]', 'the document; “-” or nothing reads it from standard input')
    .option('-f, --file <path>', 'read the document from a file')
    .option('-v, --variables <json>', 'values of its variables, a JSON object')
    .option('-o, --operation <name>', 'which of its operations')
    .option('-w, --wait <seconds>', 'how long to wait for what has to be computed (the server’s patience)')
    .option(
      '-r, --require <path>',
      'end with 1 where this of the answer is null or missing, e.g. model.evaluation.auc; may be given several times',
      (path: string, paths: readonly string[]) => [...paths, path],
      [],
    )
    .option('--json', 'print data, errors and what is missing of the answer as one JSON object')
    .addOption(
      new Option('--explain [form]', 'print the passes that answered it instead of the answer: as JSON or Mermaid')
        .choices(['json', 'mermaid'])
        .preset('json'),
    )
    .addHelpText(
      'after',
      `
Ends with 0 when it is answered, 1 when what it asks for or what is required is not there, 2 when it has an error, 3 when a part of
it is still being computed. Errors go to standard error, each with its code.

  glassgraph query '{ models { nodes { name version } } }'
  glassgraph query --file review.graphql --variables '{"model":"ctr"}' --wait 600 --require model.evaluation.auc
  glassgraph query --explain mermaid --file page.graphql`,
    )
    .action(query);

async function query(document: string | undefined, flags: Flags): Promise<void> {
  const request = {
    query: await documentOf(document, flags),
    variables: variablesOf(flags.variables),
    ...(flags.operation === undefined ? {} : { operationName: flags.operation }),
  };
  const { data, errors, extensions } = await ask<object>(flags.url, request, {
    ...(flags.wait === undefined ? {} : { prefer: `wait=${flags.wait}` }),
    ...(flags.explain === undefined ? {} : { 'x-glassgraph-plan': '1' }),
  });
  const missing = data === null ? [] : missingFrom(data, errors, flags.require);
  if (flags.explain === 'mermaid') print(extensions.plan?.mermaid ?? '');
  else if (flags.explain !== undefined) printJson(extensions.plan?.passes ?? []);
  else if (flags.json) printJson({ data, errors, missing });
  else if (data !== null) printJson(data);
  for (const error of errors) process.stderr.write(`${lineOf(error)}\n`);
  for (const path of missing) process.stderr.write(`${path} is null: there is no such thing, or no figure.\n`);
  if (errors.length > 0) process.exitCode = exitCodeOf(errors);
  else if (missing.length > 0) process.exitCode = exitCodes.no;
}

/** In the order in which it is asked for; what has an error is told as that. */
function missingFrom(data: object, errors: readonly AnswerError[], required: readonly string[]): string[] {
  const failed = new Set(errors.map(({ path = [] }) => String(path[0])));
  return [...new Set([...absentOf(data, failed), ...missingOf(data, required)])];
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
    return parseJson(json);
  } catch (error) {
    if (error instanceof GlassgraphError) throw error;
    throw badUserInput('variables', `--variables is no JSON: ${(error as Error).message}.`);
  }
}
