/**
 * A model-review bot in its simplest form: how good is a model, partition by partition, and is that good enough?
 *
 *   node examples/bot/monthly-quality.ts http://127.0.0.1:4000/graphql flights 2 --minimum-auc 0.62
 *
 * Ends with 0 when every partition reaches the minimum, with 1 when one does not, with 2 when the question has no answer. The
 * query is typed: `npm run codegen` writes ./generated from the schema and the documents of this folder.
 */
import { parseArgs } from 'node:util';
import type { TypedDocumentString } from './generated/graphql.ts';
import { graphql } from './generated/index.ts';

const monthlyQuality = graphql(`
  query MonthlyQuality($model: String!, $version: String, $dataset: String!) {
    model(name: $model, version: $version) {
      version
      evaluation(rows: { dataset: $dataset }) {
        auc
        byPartition { slice rowCount auc normalizedEntropy calibrationRatio }
      }
    }
  }
`);

async function ask<Result, Variables>(
  endpoint: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=600' },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Result; errors?: { message: string }[] };
  if (errors !== undefined || data === undefined) throw new Error(errors?.map(({ message }) => message).join('\n'));
  return data;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { dataset: { type: 'string' }, 'minimum-auc': { type: 'string', default: '0.6' } },
});
const [endpoint = 'http://127.0.0.1:4000/graphql', model = 'flights', version = null] = positionals;
const minimum = Number(values['minimum-auc']);

try {
  const answer = await ask(endpoint, monthlyQuality, { model, version, dataset: values.dataset ?? model });
  const evaluation = answer.model?.evaluation;
  if (!evaluation) throw new Error(`There is no model “${model}”.`);
  for (const { slice, rowCount, auc, normalizedEntropy } of evaluation.byPartition)
    console.log(
      [slice, `${rowCount} rows`, `AUC ${auc?.toFixed(4)}`, `NE ${normalizedEntropy?.toFixed(4)}`].join('\t'),
    );
  const poor = evaluation.byPartition.filter(({ auc }) => auc !== null && auc !== undefined && auc < minimum);
  console.log(
    poor.length === 0 ? 'pass' : `fail: AUC below ${minimum} in ${poor.map(({ slice }) => slice).join(', ')}`,
  );
  process.exitCode = poor.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
