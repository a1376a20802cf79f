import { registerDataset as inspectDataset } from '../data/register.ts';
import { resolveDatasetSource } from '../data/sources.ts';
import { type DatasetRow, insertDataset } from '../store/datasets.ts';
import { assertName, type RegistryServices } from './register-model.ts';

export interface DatasetToRegister {
  readonly name: string;
  readonly version: string;
  readonly uri: string;
  readonly label?: string | null | undefined;
  readonly groupBy?: string | null | undefined;
  readonly partitionBy?: string | null | undefined;
  readonly description?: string | null | undefined;
}

/** Parquet is read in place. Throws DATASET_REJECTED, BAD_USER_INPUT, FORBIDDEN, CONFLICT. */
export async function registerDataset(
  { database, sources }: Pick<RegistryServices, 'database' | 'sources'>,
  input: DatasetToRegister,
): Promise<DatasetRow> {
  assertName('name', input.name);
  assertName('version', input.version);
  const { files, columns, partitions, ...dataset } = await inspectDataset(
    await resolveDatasetSource(input.uri, sources),
    { label: input.label ?? null, groupBy: input.groupBy ?? null, partitionBy: input.partitionBy ?? null },
  );
  return insertDataset(database.db, {
    ...dataset,
    name: input.name,
    version: input.version,
    description: input.description ?? null,
    files: [...files],
    columns: [...columns],
    partitions: [...partitions],
  });
}
