import type { ModelSource, Registration } from '../compute/executor.ts';
import { executorFor, executorNamed } from '../compute/executors.ts';
import type { CallContext } from '../compute/process/protocol.ts';
import { serve } from '../compute/process/serve.ts';
import { type BoundInputs, bind, boundTogether } from '../data/batches/bind.ts';
import { namingFirstText } from '../data/columns/non-numeric-error.ts';
import { idLimits } from '../data/manifest/carriers.ts';
import { loadVocabularies } from '../data/manifest/vocabulary.ts';
import { countRows } from '../data/rows.ts';
import type { DatasetRecord } from '../data/types.ts';
import { examine } from './examine/index.ts';
import { explain } from './explain.ts';
import { openedModel } from './models.ts';
import { predict } from './predict.ts';
import type { JobRequest, KeptPart, PassEnvironment, PassModel } from './protocol.ts';
import { readableRows } from './readable-rows.ts';
import { runRows } from './rows.ts';
import { runPass } from './run.ts';
import { runTables } from './tables.ts';

/** The compute process: the only one that loads native model code. It has no database and can be lost at any time. */
serve({ register, examine, pass, predict, explain });

interface RegisterCall {
  readonly source: ModelSource;
  readonly environment: PassEnvironment;
}

async function register({ source, environment: { home, threads } }: RegisterCall): Promise<Registration> {
  return (await executorFor(source)).register(source, home, threads);
}

interface PassCall {
  readonly request: JobRequest;
  readonly kept: Readonly<Record<string, KeptPart>>;
  readonly environment: PassEnvironment;
}

async function pass({ request, kept, environment }: PassCall, context: CallContext): Promise<void> {
  const told = { onResult: context.emit, onFailure: context.emit };
  if (request.model === null) return runRows({ ...told, request, kept, home: environment.home });
  const { model } = request;
  const executor = await executorNamed(model.artifact.executor);
  const common = {
    ...told,
    environment,
    tables: (name: string) => executor.openTable(model.artifact, environment.home, name),
    executor: executor.info.name,
    device: executor.info.device,
    onProgress: context.progress,
  };
  if (request.dataset === null) return runTables({ ...common, request });
  const { base, dataset, rows } = request;
  const own = await boundInputs(model, dataset, environment);
  const bound = base === undefined ? own : boundTogether(own, await boundInputs(base, dataset, environment));
  await runPass({
    ...common,
    request,
    kept,
    bound,
    rowsTotal: await countRows(dataset, rows),
    model: await openedModel(model.artifact, environment),
    ...(base && { base: await openedModel(base.artifact, environment) }),
    rows: readableRows(request, bound),
  });
}

async function boundInputs(
  { graph, manifest }: PassModel,
  dataset: DatasetRecord,
  { home }: PassEnvironment,
): Promise<BoundInputs> {
  const vocabularies = await loadVocabularies(home, manifest);
  try {
    return bind(graph, manifest, vocabularies, dataset, idLimits(graph, manifest));
  } catch (error) {
    throw await namingFirstText(error, dataset);
  }
}
