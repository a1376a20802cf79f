import type { AttributionSpec } from '../../analysis/attributions/method.ts';
import { rowPage } from '../../analysis/columns/row-page.ts';
import { type ExplanationsResult, explanations } from '../../analysis/explanations.ts';
import type { DatasetRow } from '../../data/page.ts';
import { badUserInput } from '../../errors.ts';
import type { ExplainCall } from '../../pass/protocol.ts';
import type { Provenance } from '../../planner/question.ts';
import type { ModelRow } from '../../store/models.ts';
import type { Optional } from '../arguments.ts';
import { ask, askRows, type RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { type AskerAtOnce, atOnce, writtenRows } from '../at-once.ts';
import { rowsAt } from '../datasets.ts';
import { outputTarget, type TargetArgument } from '../targets.ts';
import { type AskedMethod, attributionSpec } from './attribution-spec.ts';
import { baselineRowsOf, baselinesAmong, baselinesOf } from './baselines.ts';
import { type ExplanationOfRow, explanationsFrom } from './explanations.ts';

/** How rows are explained: INTEGRATED_GRADIENTS unless another method is asked for. */
interface ExplanationAsked extends AskedMethod {
  readonly target?: Optional<TargetArgument>;
}
export interface ExplanationPageAsked extends ExplanationAsked {
  readonly rows: RowsArgument;
  /** Index of the row behind which the page begins; from the first row when left out. */
  readonly after?: number | undefined;
  readonly count: number;
}
export interface ExplanationsOfPage {
  readonly explained: readonly ExplanationOfRow[];
  /** Of the rows of the page, those that the model cannot take among them; undefined when it has none. */
  readonly lastIndex: number | undefined;
  readonly hasMore: boolean;
  /** Of all rows that are selected. */
  readonly totalCount: number;
  readonly provenance: Provenance;
}

const specOf = (asker: Asker, model: ModelRow, { target, ...how }: ExplanationAsked): Promise<AttributionSpec> =>
  attributionSpec(asker, model, how, 'INTEGRATED_GRADIENTS', outputTarget(model, target));

/** Whether what one row gets depends on which others are selected. */
const isOfAllRows = ({ method, baseline }: AttributionSpec): boolean =>
  method === 'FEATURE_PERMUTATION' || baseline?.kind === 'MEAN';

/**
 * Rows explained, in row order. Only the rows of the page are run, where the method lets them. Rows that the model cannot take make a
 * page shorter with `invalid: SKIP`. Throws BAD_USER_INPUT, for no rows too, and ANALYSIS_FAILED naming a row whose figures are not finite.
 */
export async function explanationPage(
  asker: Asker,
  model: ModelRow,
  { rows, after, count, ...asked }: ExplanationPageAsked,
): Promise<ExplanationsOfPage> {
  const spec = await specOf(asker, model, asked);
  const page = { after: after ?? -1, count: count + 1 };
  const { indexes: found, totalCount } = await askRows(asker, rowPage, page, rows);
  if (found.length === 0 && after === undefined)
    throw badUserInput('rows', 'No row satisfies rows: its partitions and filters together select nothing.');
  const indexes = found.slice(0, count);
  // An empty page still says how it came to be: by the row beside it.
  const only = indexes.length > 0 ? indexes : [found[0] ?? page.after];
  const [how, read] = isOfAllRows(spec) ? [{ ...spec, explained: only }, rows] : [spec, { ...rows, only }];
  const others = baselinesOf(model, asked);
  const { value, provenance } = await ask(asker, explanations, how, { model, rows: read, others });
  const shown = await rowsAt(asker, rows, indexes.length > 0 ? [...value.row] : []);
  return {
    explained: explanationsFrom(model, value, shown, ({ values }, { column }) => values[column]),
    lastIndex: indexes.at(-1),
    hasMore: found.length > count,
    totalCount,
    provenance,
  };
}

/** Rows that were written by hand, by feature name, explained at once: nothing is kept. Throws as `explanationPage` does. */
export async function explanationsOfWritten(
  asker: AskerAtOnce,
  model: ModelRow,
  rows: readonly unknown[],
  asked: ExplanationAsked,
): Promise<ExplanationOfRow[]> {
  const spec = await specOf(asker, model, asked);
  const baselines = baselineRowsOf(model, asked);
  const written = writtenRows(rows);
  if (written.length === 0) return [];
  const { artifact, graph, manifest } = model;
  const call: ExplainCall = {
    model: { artifact, graph, manifest },
    rows: written,
    spec,
    ...(baselines && { baselines: (await baselinesAmong(asker, model, baselines)).value }),
    environment: asker.environment,
  };
  const result = (await atOnce(asker, 'explain', call)) as ExplanationsResult;
  const shown = written.map((values, index) => ({ index, partition: null, label: null, values }) as DatasetRow);
  return explanationsFrom(model, result, shown, ({ values }, { name }) => values[name]);
}
