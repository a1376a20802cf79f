import type { ModelSource, Registration } from '../compute/executor.ts';
import { executorFor, executorNamed } from '../compute/executors.ts';
import type { CallContext } from '../compute/process/protocol.ts';
import { serve } from '../compute/process/serve.ts';
import { bind } from '../data/bind.ts';
import { idLimits } from '../data/carriers.ts';
import { countRows } from '../data/rows.ts';
import { loadVocabularies } from '../data/vocabulary.ts';
import { explain } from './explain.ts';
import { openedModel } from './models.ts';
import { predict } from './predict.ts';
import type { KeptPart, PassEnvironment, PassRequest } from './protocol.ts';
import { readableRows } from './readable-rows.ts';
import { runPass } from './run.ts';

/** The compute process: the only one that loads native model code. It has no database and can be lost at any time. */
serve({ register, pass, predict, explain });

interface RegisterCall {
  readonly source: ModelSource;
  readonly environment: PassEnvironment;
}

async function register({ source, environment: { home, threads } }: RegisterCall): Promise<Registration> {
  return (await executorFor(source)).register(source, home, threads);
}

interface PassCall {
  readonly request: PassRequest;
  readonly kept: Readonly<Record<string, KeptPart>>;
  readonly environment: PassEnvironment;
}

async function pass({ request, kept, environment }: PassCall, context: CallContext): Promise<void> {
  const { model, dataset, rows } = request;
  const vocabularies = await loadVocabularies(environment.home, model.manifest);
  const bound = bind(model.graph, model.manifest, vocabularies, dataset, idLimits(model.graph, model.manifest));
  const rowsTotal = await countRows(dataset, rows);
  const { info } = await executorNamed(model.artifact.executor);
  await runPass({
    request,
    kept,
    environment,
    bound,
    rowsTotal,
    model: await openedModel(model.artifact, environment),
    rows: readableRows(request),
    executor: info.name,
    device: info.device,
    onResult: context.emit,
    onFailure: context.emit,
    onProgress: context.progress,
  });
}
