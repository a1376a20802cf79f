import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelSource, OpenOptions, Registration } from '../compute/executor.ts';
import type { ModelGraph } from '../compute/graph.ts';
import { ComputeProcessLost } from '../compute/process/lost.ts';
import type { ComputePool } from '../compute/process/pool.ts';
import { resolveModelSource } from '../data/files/sources.ts';
import { keepUploads, type Uploaded } from '../data/files/uploads.ts';
import { resolveManifest } from '../data/manifest/resolve.ts';
import { bestSuggestion } from '../data/manifest/suggest.ts';
import { badUserInput, bindingMismatch, GlassgraphError, modelRejected } from '../errors.ts';
import { flawOf } from '../flaw.ts';
import { type Examination, notExamined, type PassModel } from '../pass/protocol.ts';
import { canonicalJson } from '../planner/question.ts';
import type { Database, Queries } from '../store/database.ts';
import { listDatasets } from '../store/datasets.ts';
import { insertModel, type ModelRow } from '../store/models.ts';
import { using } from '../using.ts';
import type { Source } from './source.ts';

export interface RegistryServices {
  readonly database: Database;
  readonly pool: ComputePool;
  readonly environment: OpenOptions;
  readonly sources: readonly string[];
}

export interface ModelToRegister {
  readonly name: string;
  readonly version: string;
  readonly source: Source;
  /** Beside the model as manifest.json when there is none. */
  readonly manifest?: unknown;
  readonly description?: string | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
}

/**
 * Native code sees the file in a compute process only; what it finds out is kept, so that nothing later depends on the file.
 * Throws MODEL_REJECTED, BINDING_MISMATCH, BAD_USER_INPUT, FORBIDDEN, CONFLICT.
 */
export async function registerModel(services: RegistryServices, input: ModelToRegister): Promise<ModelRow> {
  assertName('name', input.name);
  assertName('version', input.version);
  if ('uri' in input.source)
    return registerFiles(services, input, await resolveModelSource(input.source.uri, services.sources));
  return using(await keepUploads(services.environment.home, input.source.files), (uploaded) =>
    registerFiles(services, input, modelOf(uploaded)),
  );
}

/** The only model among uploaded files, beside which the others lie. */
function modelOf({ folder, paths }: Uploaded): ModelSource {
  const models = paths.filter((path) => path.toLowerCase().endsWith('.onnx'));
  const [path = folder] = models;
  if (models.length <= 1) return { path, root: folder };
  throw badUserInput(
    'input.source.files',
    `There are ${models.length} .onnx files. Register each as a model of its own.`,
  );
}

async function registerFiles(
  services: RegistryServices,
  input: ModelToRegister,
  source: ModelSource,
): Promise<ModelRow> {
  const { environment, pool } = services;
  const registration = (await pool.run('register', { source, environment }).catch(explained)) as Registration;
  const folder = source.path === source.root ? source.root : dirname(source.path);
  const readBeside = (name: string): Promise<string> => readWithin(folder, source, name);
  const raw = input.manifest ?? (await manifestBeside(readBeside));
  const manifest = await resolveManifest(registration.graph, raw, {
    readFile: readBeside,
    home: environment.home,
  }).catch(async (error: unknown) => {
    throw raw === undefined ? await suggesting(error, registration.graph, services.database.db) : error;
  });
  const flaw = flawOf({ graph: registration.graph, manifest });
  if (flaw !== undefined)
    throw modelRejected(
      `The model cannot be kept: ${flaw.path.slice(0, 200)} ${flaw.what}. Export it with plain names.`,
    );
  const { artifact, warnings } = await examined(pool, { ...registration, manifest }, environment);
  const digest = createHash('sha256')
    .update(canonicalJson({ files: registration.filesDigest, manifest }))
    .digest('hex');
  return insertModel(services.database.db, {
    name: input.name,
    version: input.version,
    digest,
    description: input.description ?? null,
    tags: [...(input.tags ?? [])],
    format: registration.format,
    executor: artifact.executor,
    sizeBytes: registration.sizeBytes,
    artifact,
    graph: registration.graph,
    manifest,
    warnings: [...warnings],
  });
}

/** A process that dies of rows that were made up says nothing of real ones. */
async function examined(
  pool: ComputePool,
  { artifact, graph, manifest }: PassModel,
  environment: OpenOptions,
): Promise<Examination> {
  const call = { model: { artifact, graph, manifest }, environment };
  return (await pool.run('examine', call).catch((error: unknown) => {
    if (error instanceof ComputeProcessLost) return notExamined(artifact);
    throw error;
  })) as Examination;
}

/** What is wrong without a manifest, with one to start from. */
async function suggesting(error: unknown, graph: ModelGraph, db: Queries): Promise<unknown> {
  if (!(error instanceof GlassgraphError) || error.code !== 'BINDING_MISMATCH') return error;
  const { rows } = await listDatasets(db, {}, { limit: suggestedDatasets });
  const manifest = bestSuggestion(graph, rows);
  const text = JSON.stringify(manifest);
  const shown =
    text.length > shownManifestLength ? `${text.slice(0, shownManifestLength)}… (whole in “suggestion”)` : text;
  return bindingMismatch(`${error.message} Check and complete this one: ${shown}`, {
    ...error.details,
    suggestion: manifest,
  });
}

const shownManifestLength = 1000;

/** Registered last. */
const suggestedDatasets = 50;

/** Native code that dies of a model is the model's fault, or want of memory. */
function explained(error: unknown): never {
  if (!(error instanceof ComputeProcessLost)) throw error;
  throw modelRejected(
    'The compute process died while it read the model: the file is damaged, or too large for the server’s memory. ' +
      'The server’s log has the details.',
  );
}

/** Names stand in URLs, titles and messages: printable, and not endless. */
export function assertName(argument: string, value: string): void {
  if (/^[^\p{C}]{1,200}$/u.test(value) && value.trim() === value) return;
  throw badUserInput(
    `input.${argument}`,
    `The ${argument} must be 1 to 200 printable characters without space at its ends.`,
  );
}

/** A file of the model's folder, not one that a link leads to. */
async function readWithin(folder: string, { root }: ModelSource, name: string): Promise<string> {
  const path = join(folder, name);
  if ((await realpath(path)) !== join(await realpath(root), name)) throw new Error('leads out of the folder');
  return readFile(path, 'utf8');
}

async function manifestBeside(readBeside: (name: string) => Promise<string>): Promise<unknown> {
  const text = await readBeside('manifest.json').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw modelRejected(`manifest.json beside the model is no JSON: ${(error as Error).message}`);
  }
}
