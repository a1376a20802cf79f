import { type ExplanationsResult, explanations } from '../analysis/explanations.ts';
import { subjectOf } from '../analysis/subject.ts';
import { writtenBatch } from '../data/batches/written-rows.ts';
import { loadVocabularies } from '../data/manifest/vocabulary.ts';
import { openedModel } from './models.ts';
import type { ExplainCall } from './protocol.ts';
import { type Feeds, sweepBatches } from './sweep.ts';

/** Explains rows at once: no job, nothing kept. */
export async function explain({ model, rows, spec, baselines, environment }: ExplainCall): Promise<ExplanationsResult> {
  const { artifact, graph, manifest } = model;
  const batch = await writtenBatch(rows, graph, manifest, await loadVocabularies(environment.home, manifest));
  const source = {
    async *read() {
      yield batch;
    },
    countKept: async () => batch.rowCount,
  };
  const subject = subjectOf(model);
  const opened = await openedModel(artifact, environment);
  let state = explanations.start(spec, subject, ...(baselines === undefined ? [] : [baselines]));
  for (let next: typeof state | undefined = state; next !== undefined; next = explanations.again?.(state)) {
    state = next;
    const program = explanations.program(spec, subject, state);
    const feeds: Feeds = {
      parameters: (_, part) => explanations.parameters?.(state, part, spec, subject) ?? {},
      inputs: (_, part) => explanations.inputs?.(state, part, spec, subject) ?? part,
    };
    for await (const { results } of sweepBatches([program], feeds, opened, source))
      for (const { outputs, part } of results) state = explanations.fold(state, outputs, part);
  }
  return explanations.finish(state);
}
