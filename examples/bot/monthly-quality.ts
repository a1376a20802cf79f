/**
 * A model-review bot in its simplest form: how good is a model, partition by partition, and is that good enough?
 *
 *   node examples/bot/monthly-quality.ts http://127.0.0.1:4000/graphql flights 2 --minimum-auc 0.62
 *
 * Ends with 0 when every partition reaches the minimum, with 1 when one does not, with 2 when the question has no answer (no server,
 * no such model, a partition that has no AUC), with 3 when the answer is still being computed. The query is typed: `npm run codegen`
 * writes ./generated from the schema and the documents of this folder.
 */
import { parseArgs } from 'node:util';
import type { MonthlyQualityQuery, TypedDocumentString } from './generated/graphql.ts';
import { graphql } from './generated/index.ts';

const monthlyQuality = graphql(`
  query MonthlyQuality($model: String!, $version: String, $dataset: String!) {
    model(name: $model, version: $version) {
      version
      evaluation(rows: { dataset: $dataset }) {
        auc
        rowCount
        normalizedEntropy
        byPartition { slice rowCount auc normalizedEntropy calibrationRatio }
      }
    }
  }
`);

type Evaluation = NonNullable<NonNullable<MonthlyQualityQuery['model']>['evaluation']>;

interface AnswerError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** The question has no answer; `exitCode` says whether it may have one later. */
class NoAnswer extends Error {
  readonly exitCode: 2 | 3;

  constructor(message: string, exitCode: 2 | 3 = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

async function ask<Result, Variables>(
  endpoint: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  wait: string,
): Promise<Result> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: `wait=${wait}` },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors = [] } = (await response.json()) as { data?: Result; errors?: AnswerError[] };
  if (errors.length > 0) {
    const isPending = errors.every(({ extensions }) => extensions?.code === 'ANALYSIS_PENDING');
    throw new NoAnswer(errors.map(({ message }) => message).join('\n'), isPending ? 3 : 2);
  }
  if (data == null) throw new NoAnswer(`What answers at ${endpoint} is no Glassgraph.`);
  return data;
}

/** A share of 1, as text. `Number('')` is 0, and nothing would be below NaN: both would let every model pass. */
function minimumOf(text: string): number {
  const minimum = Number(text);
  if (text.trim() !== '' && minimum >= 0 && minimum <= 1) return minimum;
  throw new NoAnswer(`--minimum-auc is “${text}”; it must be a number from 0 to 1.`);
}

/** Throws where a partition cannot be judged: what has no AUC has not reached any. */
function judge({ byPartition, ...whole }: Evaluation, minimum: number): boolean {
  const slices = byPartition.length > 0 ? byPartition : [{ ...whole, slice: 'all rows' }];
  for (const { slice, rowCount, auc, normalizedEntropy } of slices)
    console.log(
      [slice, `${rowCount} rows`, `AUC ${auc?.toFixed(4)}`, `NE ${normalizedEntropy?.toFixed(4)}`].join('\t'),
    );
  const names = (those: typeof slices): string => those.map(({ slice }) => slice).join(', ');
  const poor = slices.filter(({ auc }) => auc != null && !(auc >= minimum));
  const unknown = slices.filter(({ auc }) => auc == null);
  if (poor.length > 0) console.log(`fail: AUC below ${minimum} in ${names(poor)}`);
  else if (unknown.length > 0) throw new NoAnswer(`There is no AUC in ${names(unknown)}: its labels are all the same.`);
  else console.log('pass');
  return poor.length === 0;
}

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      dataset: { type: 'string' },
      'minimum-auc': { type: 'string', default: '0.6' },
      wait: { type: 'string', default: '600' },
    },
  });
  const [endpoint = 'http://127.0.0.1:4000/graphql', model = 'flights', version = null] = positionals;
  const minimum = minimumOf(values['minimum-auc']);
  const variables = { model, version, dataset: values.dataset ?? model };
  const answer = await ask(endpoint, monthlyQuality, variables, values.wait);
  const evaluation = answer.model?.evaluation;
  if (!evaluation) throw new NoAnswer(`There is no model “${[model, version].filter(Boolean).join(' ')}”.`);
  process.exitCode = judge(evaluation, minimum) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof NoAnswer ? error.exitCode : 2;
}
