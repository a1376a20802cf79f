import { columnStatistics } from '../analysis/columns/statistics.ts';
import type { ColumnStatistics } from '../data/columns/statistics.ts';
import { type DatasetRow as DataRow, readRows, readRowsAt } from '../data/page.ts';
import { selectRows } from '../data/rows.ts';
import type { DatasetColumn } from '../data/types.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { Page, Paged } from '../store/paging.ts';
import type { Optional } from './arguments.ts';
import { askRows, datasetAsked, type RowsArgument } from './ask.ts';
import type { Asker } from './asker.ts';

export interface ColumnOfDataset extends DatasetColumn {
  readonly dataset: DatasetRow;
  /** Among the columns of the dataset. */
  readonly position: number;
}

/** In the order of the files. */
export const columnsOf = (dataset: DatasetRow): ColumnOfDataset[] =>
  dataset.columns.map((column, position) => ({ ...column, dataset, position }));

/** Exact, over all rows; of all columns at once when those of the first are asked for. */
export async function statisticsOf(
  asker: Asker,
  { dataset: { name, version }, position }: ColumnOfDataset,
): Promise<ColumnStatistics> {
  const ofAll = await askRows(asker, columnStatistics, {}, { dataset: name, version });
  return ofAll[position] as ColumnStatistics;
}

/** A page of rows, whose positions are their indexes. Throws BAD_USER_INPUT for partitions that the dataset does not have. */
export async function rowsBetween(
  dataset: DatasetRow,
  partitions: Optional<readonly string[]>,
  { limit, after, before, backwards = false }: Page,
): Promise<Paged<DataRow>> {
  const names = dataset.partitions.map(({ name }) => name);
  const selected = selectRows(dataset, names, { partitions: partitions ?? null }).partitions;
  const chosen = dataset.partitions.filter(({ name }) => selected?.includes(name));
  const totalCount = selected === null ? dataset.rowCount : chosen.reduce((sum, { rowCount }) => sum + rowCount, 0);
  const rows = await readRows(dataset, {
    count: limit,
    fromEnd: backwards,
    partitions: selected,
    ...(after === undefined ? {} : { from: after + 1 }),
    ...(before === undefined ? {} : { below: before }),
  });
  return { rows, totalCount };
}

/** The rows with these indexes, in their order. */
export const rowsAt = async (asker: Asker, rows: RowsArgument, indexes: readonly number[]): Promise<DataRow[]> =>
  readRowsAt(await datasetAsked(asker, rows), indexes);
