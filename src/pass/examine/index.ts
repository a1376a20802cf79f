import type { ModelArtifact } from '../../compute/executor.ts';
import { exportAnew, noRows } from '../../compute/runs.ts';
import { writtenBatch } from '../../data/batches/written-rows.ts';
import { loadVocabularies } from '../../data/manifest/vocabulary.ts';
import type { Batch } from '../../data/types.ts';
import { GlassgraphError, modelRejected } from '../../errors.ts';
import { isOfFixedSize, openedModel } from '../models.ts';
import { type Examination, type ModelWarning, notExamined, type PassEnvironment, type PassModel } from '../protocol.ts';
import { guessedSpaces } from './guessed-spaces.ts';
import { madeUpRows } from './made-up-rows.ts';
import { type Dependence, dependenceIn, isConstant, rowNumbers } from './together.ts';
import { unreachableEntries } from './unreachable-entries.ts';

interface ExamineCall {
  readonly model: PassModel;
  readonly environment: PassEnvironment;
}

/**
 * What a model's owner should know of it, and how it has to be run so that a row has one score: made-up rows are run together and alone.
 * Throws MODEL_REJECTED for a model whose rows see each other, and of which one alone says nothing, and for one that has no rows.
 */
export async function examine({ model, environment }: ExamineCall): Promise<Examination> {
  const { graph, manifest, artifact } = model;
  const fixed = graph.inputs.find(isOfFixedSize);
  if (fixed !== undefined) throw noRows(fixed);
  const vocabularies = await loadVocabularies(environment.home, manifest);
  const rows = madeUpRows(rowNumbers(), graph, manifest, vocabularies);
  const batch = await writtenBatch(rows, graph, manifest, vocabularies).catch(unlessDefect);
  const found = batch === undefined ? notExamined(artifact) : await examineRows(model, batch, environment);
  return {
    artifact: found.artifact,
    warnings: [
      ...found.warnings,
      ...ofFixedSize(artifact),
      ...guessedSpaces(graph, manifest),
      ...unreachableEntries(graph, manifest, vocabularies),
    ],
  };
}

async function examineRows(model: PassModel, batch: Batch, environment: PassEnvironment): Promise<Examination> {
  const { artifact } = model;
  const dependence = await dependenceOf(artifact, batch, environment).catch(unlessDefect);
  if (dependence === undefined) return notExamined(artifact);
  if (dependence === null) return { artifact, warnings: [] };
  if (artifact.rowsPerRun !== undefined) throw severalInARun(artifact.rowsPerRun, dependence);
  const alone: ModelArtifact = { ...artifact, rowsPerRun: 1 };
  const left = await dependenceOf(alone, batch, environment).catch((error: unknown) => {
    throw error instanceof GlassgraphError ? notAlone(dependence, error.message) : error;
  });
  if (left !== null) throw notAlone(dependence, 'its score changes from run to run.');
  const constant = async (run: ModelArtifact): Promise<boolean> =>
    isConstant(await openedModel(run, environment), batch, model.manifest);
  if ((await constant(alone)) && !(await constant(artifact))) throw meaningless(dependence);
  return { artifact: alone, warnings: [rowsSeeEachOther(dependence)] };
}

/** null where there is none. */
const dependenceOf = async (
  artifact: ModelArtifact,
  batch: Batch,
  environment: PassEnvironment,
): Promise<Dependence | null> => (await dependenceIn(await openedModel(artifact, environment), batch)) ?? null;

/** What made-up rows run into is no fault of the model. */
function unlessDefect(error: unknown): undefined {
  if (!(error instanceof GlassgraphError)) throw error;
}

const ofFixedSize = ({ rowsPerRun }: ModelArtifact): ModelWarning[] =>
  rowsPerRun === undefined
    ? []
    : [
        {
          code: 'FIXED_BATCH_SIZE',
          message: `The model was exported for batches of ${rowsPerRun} and takes no other number of rows: it is run ${rowsPerRun} rows at a time, which is slower. ${exportAnew}`,
        },
      ];

const through = ({ on, tensor }: Dependence): string =>
  on === 'VALUES'
    ? `a row’s score depends on the other rows of its batch, first in “${tensor}”`
    : `a row’s score depends on how many rows there are in its batch and where it stands among them, first in “${tensor}”`;

const usualCauses =
  'A quantisation with one scale for the batch (dynamic quantisation), a softmax, sum or mean over the first axis, and batch normalisation in training mode do that.';

const rowsSeeEachOther = (dependence: Dependence): ModelWarning => ({
  code: 'ROWS_SEE_EACH_OTHER',
  message: `In this model, ${through(dependence)}. So that a row has one score everywhere, it is run a row at a time, which is slower. ${usualCauses}`,
});

const meaningless = (dependence: Dependence): GlassgraphError =>
  modelRejected(
    `In this model, ${through(dependence)}, and every row alone gets the same score: it tells rows of a batch apart and nothing else. ${usualCauses} Export it so that a row’s score is its own.`,
    { tensor: dependence.tensor },
  );

const notAlone = (dependence: Dependence, reason: string): GlassgraphError =>
  modelRejected(
    `In this model, ${through(dependence)}, and it does not run a row at a time: ${reason} ${usualCauses} Export it so that a row’s score is its own.`,
    { tensor: dependence.tensor },
  );

const severalInARun = (rowsPerRun: number, dependence: Dependence): GlassgraphError =>
  modelRejected(
    `The model takes ${rowsPerRun} rows, no more and no fewer, and ${through(dependence)}: no row has a score of its own. ${exportAnew}`,
    { tensor: dependence.tensor },
  );
