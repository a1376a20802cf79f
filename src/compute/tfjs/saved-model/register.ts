import { createHash } from 'node:crypto';
import { access, chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { modelRejected } from '../../../errors.ts';
import type { ModelSource, Registration } from '../../executor.ts';
import { published } from '../../files/published.ts';
import type { ModelGraph } from '../../graph.ts';
import { modelsFolder, summaryFileName } from '../artifact.ts';
import { batchSizeOf } from '../inputs.ts';
import { inferredSpecs } from '../shapes.ts';
import { checkedParameterCount } from './check.ts';
import { copyFiles, graphFileName, parsedGraph, variablesIndexName } from './files.ts';
import { openSaved, readSaved, savedArtifact } from './open.ts';
import { type Signature, signatureOf } from './signature.ts';

/**
 * Checks an untrusted SavedModel and copies it into `home` as `models/<digest>/`, with what it is as JSON, all read-only. Registering
 * the same model again gives the same folder. Throws MODEL_REJECTED, and UNSUPPORTED_BY_EXECUTOR without native TensorFlow.
 */
export async function registerSaved({ path, root }: ModelSource, home: string, threads: number): Promise<Registration> {
  const around = { folder: dirname(path), root };
  const { digest, filesDigest, sizeBytes, graph, rowsPerRun, names } = await published(
    join(home, modelsFolder),
    (folder) =>
      readSaved(folder).then(
        () => true,
        () => false,
      ),
    async (folder) => {
      const files = await copyFiles(around, folder);
      const { graph, rowsPerRun } = await modelGraphOf(folder, threads);
      const summary = JSON.stringify(graph);
      await writeFile(join(folder, summaryFileName), summary, { flush: true });
      await chmod(join(folder, summaryFileName), 0o444);
      const filesDigest = sha256(files.map(({ digest, name }) => `${digest}  ${name}\n`).join(''));
      const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
      const names = files.map(({ name }) => name);
      return { digest: sha256(filesDigest + sha256(summary)), filesDigest, sizeBytes, graph, rowsPerRun, names };
    },
  );
  const artifact = { ...savedArtifact(digest, names), ...(rowsPerRun !== undefined && { rowsPerRun }) };
  return { artifact, format: 'TF_SAVED_MODEL', graph, filesDigest, sizeBytes };
}

async function modelGraphOf(
  folder: string,
  threads: number,
): Promise<{ graph: ModelGraph; rowsPerRun: number | undefined }> {
  const definition = parsedGraph(await readFile(join(folder, graphFileName)));
  const signature = signatureOf(definition);
  const parameterCount = checkedParameterCount(definition, signature);
  if (parameterCount > 0) await assertVariables(folder);
  const model = await openSaved(folder, signature, threads);
  const { view } = model;
  try {
    const tensors = inferredSpecs(model);
    const pick = (names: readonly string[]) => tensors.filter(({ name }) => names.includes(name));
    const outputs = pick(view.outputs);
    if (outputs.length === 0) throw modelRejected('None of the model’s outputs holds numbers.');
    const graph = { inputs: pick(view.inputs), outputs, tensors, parameterCount, ...closed(signature) };
    return { graph, rowsPerRun: batchSizeOf(view) };
  } finally {
    model.executable.dispose();
  }
}

/** TensorFlow takes a model without its variables, and then nobody can run it. */
async function assertVariables(folder: string): Promise<void> {
  await access(join(folder, variablesIndexName)).catch(() => {
    throw modelRejected(`“${variablesIndexName}” is not there. Copy the whole folder of the model.`);
  });
}

/** What there is of a function that is run as a whole: no layers, and no gradients. */
const closed = ({ name, outputs }: Signature): Pick<ModelGraph, 'layers' | 'logits' | 'lookups' | 'capabilities'> => ({
  layers: [],
  logits: [],
  lookups: [],
  capabilities: {
    activations: false,
    interventions: false,
    blockers: [
      {
        operator: 'SavedModel',
        node: name,
        reason:
          'a SavedModel is run as a whole: TensorFlow.js sees its inputs and outputs, and nothing between. Perturbation methods answer, of ids from a baseline of values (MISSING, or values)',
        targets: outputs.map((output) => output.name),
      },
    ],
    strays: [],
  },
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
