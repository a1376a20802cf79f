import { selectedIndexes, selectRows } from '../data/rows.ts';
import { analysisFailed, GlassgraphError } from '../errors.ts';
import { datasetAsked, type RowsArgument } from '../questions/ask.ts';
import type { Context } from './context.ts';

/** Rows that are asked about at a time, and how many times: a million rows are searched in some thirty passes at most. */
const chunkRows = 65_536;
const chunkCount = 16;

/**
 * ANALYSIS_FAILED for a figure over rows that is not finite: `what` is it, and the first row that makes it so is named. `isUnfit` asks
 * the same about fewer rows. No row is named where none does alone (a sum that overflows), or none of the first million.
 */
export async function unfitOn(
  what: string,
  details: Readonly<Record<string, unknown>>,
  context: Context,
  rows: RowsArgument,
  isUnfit: (rows: RowsArgument) => Promise<boolean>,
): Promise<GlassgraphError> {
  const row = await firstUnfitRow(context, rows, isUnfit);
  return analysisFailed(
    `${what} on ${row === undefined ? 'some row' : `row ${row}`}. Leave such rows out with \`rows.where\`.`,
    row === undefined ? details : { ...details, row },
  );
}

async function firstUnfitRow(
  context: Context,
  rows: RowsArgument,
  isUnfit: (rows: RowsArgument) => Promise<boolean>,
): Promise<number | undefined> {
  const dataset = await datasetAsked(context, rows);
  const partitions = dataset.partitions.map(({ name }) => name);
  const selection = selectRows(dataset, partitions, rows);
  const isUnfitAmong = (only: readonly number[]) => orFit(isUnfit({ ...rows, only }));
  let after = -1;
  for (let chunk = 0; chunk < chunkCount; chunk++) {
    const indexes = await selectedIndexes(dataset, selection, { after, count: chunkRows });
    if (indexes.length === 0) return undefined;
    if (await isUnfitAmong(indexes)) return halving(indexes, isUnfitAmong);
    after = indexes.at(-1) as number;
  }
  return undefined;
}

async function halving(
  indexes: readonly number[],
  isUnfitAmong: (only: readonly number[]) => Promise<boolean>,
): Promise<number | undefined> {
  let among = indexes;
  while (among.length > 1) {
    const half = among.slice(0, among.length / 2);
    among = (await isUnfitAmong(half)) ? half : among.slice(half.length);
  }
  return (await isUnfitAmong(among)) ? among[0] : undefined;
}

/** Of rows about which nothing can be asked (none of them can be taken, or the request has had its share) nothing is known. */
async function orFit(answer: Promise<boolean>): Promise<boolean> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GlassgraphError && error.code !== 'ANALYSIS_PENDING') return false;
    throw error;
  }
}
