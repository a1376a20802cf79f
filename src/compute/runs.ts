import { type GlassgraphError, modelRejected, unsupportedByExecutor } from '../errors.ts';
import type { TensorSpec } from './tensor.ts';

/* What cannot be asked of a model that is run a few rows at a time (`ModelArtifact.rowsPerRun`), in the same words on every backend. */

/** A tensor without an axis of the rows: there is one for each run. */
export const ofEveryRun = (tensor: string, rowsPerRun: number): GlassgraphError =>
  unsupportedByExecutor(
    `“${tensor}” is a figure of all rows that are run together, and rows of this model are run ${several(rowsPerRun)}. Ask for another tensor.`,
    { tensor, rowsPerRun },
  );

/** A multiplier of DeepLIFT is of a row and its baseline, which are rows of one run. */
export const noMultipliers = (rowsPerRun: number): GlassgraphError =>
  unsupportedByExecutor(
    `DEEP_LIFT runs a row beside its baseline, and rows of this model are run ${several(rowsPerRun)}: its “warnings” say why. Ask for INTEGRATED_GRADIENTS, or a method that needs no gradients.`,
    { rowsPerRun },
  );

/** What to do about a model that takes batches of one size. */
export const exportAnew =
  'Export it with a first dimension of any size: dynamic_axes or dynamic_shapes in PyTorch, an input_signature of None in Keras and tf2onnx.';

/** Of a model that takes batches of one size, and tells rows apart by where they stand. */
export const placesCount = (output: string, rowCount: number): GlassgraphError =>
  modelRejected(
    `The model was exported for batches of ${rowCount}, and what a row gets in its output “${output}” depends on the row’s place in the batch. ${exportAnew}`,
    { output, rowCount },
  );

/** Of a model that was registered before such were run with any number of rows. */
export const registerAgain = ({ name, shape }: TensorSpec): GlassgraphError =>
  modelRejected(
    `The model takes ${shape[0]} rows at a time in its input “${name}”, and was registered before the server could run it with any other number. Register the same file again under the same name and version.`,
    { input: name },
  );

/** Of a model one of whose inputs has no axis for rows. */
export const noRows = ({ name, shape }: TensorSpec): GlassgraphError =>
  modelRejected(
    `The first dimension of the input “${name}” is ${shape[0]}, and that of another is not: it has to be that of the rows in every input. ${exportAnew}`,
    { input: name },
  );

const several = (rowsPerRun: number): string => (rowsPerRun === 1 ? 'one at a time' : `${rowsPerRun} at a time`);
