import { writeOwnFile } from '../data/files/dataset-copies.ts';
import { assertReadable, inspectDataset, type RegisteredDataset } from '../data/files/inspect.ts';
import { type DataFiles, filesOfOneFormat, resolveDatasetSource } from '../data/files/sources.ts';
import { keepUploads } from '../data/files/uploads.ts';
import { type DatasetRow, insertDataset } from '../store/datasets.ts';
import { removeUnnamed } from '../store/files.ts';
import { using } from '../using.ts';
import { assertName, type RegistryServices } from './register-model.ts';
import type { Source } from './source.ts';

export interface DatasetToRegister {
  readonly name: string;
  readonly version: string;
  readonly source: Source;
  readonly label?: string | null | undefined;
  readonly positive?: string | null | undefined;
  readonly groupBy?: string | null | undefined;
  readonly partitionBy?: string | null | undefined;
  readonly description?: string | null | undefined;
}

type Services = Pick<RegistryServices, 'database' | 'sources' | 'environment'>;

/**
 * Parquet below a source folder is read in place; everything else becomes a Parquet file below the home.
 * Throws DATASET_REJECTED, BAD_USER_INPUT, FORBIDDEN, CONFLICT.
 */
export async function registerDataset(services: Services, input: DatasetToRegister): Promise<DatasetRow> {
  assertName('name', input.name);
  assertName('version', input.version);
  const { source } = input;
  if ('uri' in source) {
    const found = await resolveDatasetSource(source.uri, services.sources);
    return found.format === 'PARQUET'
      ? insert(services, input, await inspectDataset(found.paths, settingsOf(input), undefined, found.folders))
      : registerCopy(services, input, found);
  }
  return using(await keepUploads(services.environment.home, source.files), async ({ paths }) =>
    registerCopy(services, input, filesOfOneFormat(paths, 'The upload')),
  );
}

/** The copy goes again unless the dataset that it is of is the one that is known now. */
async function registerCopy(
  services: Services,
  input: DatasetToRegister,
  { paths, format }: DataFiles,
): Promise<DatasetRow> {
  assertReadable(paths);
  const { database, environment } = services;
  const { home } = environment;
  const { path, origin } = await writeOwnFile(home, paths, format);
  try {
    return await insert(services, input, await inspectDataset([path], settingsOf(input), origin));
  } finally {
    await removeUnnamed(database.db, home, [path.slice(home.length + 1)]);
  }
}

const settingsOf = ({ label = null, positive = null, groupBy = null, partitionBy = null }: DatasetToRegister) => ({
  label,
  positive,
  groupBy,
  partitionBy,
});

const insert = (
  { database }: Services,
  { name, version, description }: DatasetToRegister,
  { files, columns, partitions, ...dataset }: RegisteredDataset,
): Promise<DatasetRow> =>
  insertDataset(database.db, {
    ...dataset,
    name,
    version,
    description: description ?? null,
    files: [...files],
    columns: [...columns],
    partitions: [...partitions],
  });
