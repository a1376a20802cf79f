import { type GlassgraphError, notFound } from '../errors.ts';
import type { Queries } from '../store/database.ts';
import { datasetNames, datasetVersions } from '../store/datasets.ts';
import { aliasNames, modelNames, modelVersions } from '../store/models.ts';

/** Why a dataset was not found: NOT_FOUND naming what comes close. */
export async function missingDataset(
  db: Queries,
  { name, version }: { name: string; version?: string | null | undefined },
): Promise<GlassgraphError> {
  const names = await datasetNames(db);
  if (version == null || !names.includes(name)) return notFound('dataset', name, names);
  return notFound(`version of the dataset “${name}”`, version, await datasetVersions(db, name));
}

/** Why a model was not found: NOT_FOUND naming what comes close. */
export async function missingModel(
  db: Queries,
  { name, version, alias }: { name: string; version?: string | null | undefined; alias?: string | null | undefined },
): Promise<GlassgraphError> {
  const names = await modelNames(db);
  if (!names.includes(name)) return notFound('model', name, names);
  const versions = await modelVersions(db, name);
  if (version != null && !versions.includes(version))
    return notFound(`version of the model “${name}”`, version, versions);
  const aliases = await aliasNames(db, name);
  return notFound(
    `alias of the model “${name}”${version == null ? '' : ` for version “${version}”`}`,
    alias ?? '',
    aliases,
  );
}
