import { scoreOf } from '../analysis/score.ts';
import { subjectOf } from '../analysis/subject.ts';
import { targetOf } from '../analysis/target.ts';
import { writtenBatch } from '../data/batches/written-rows.ts';
import { loadVocabularies } from '../data/manifest/vocabulary.ts';
import { analysisFailed } from '../errors.ts';
import { openedModel } from './models.ts';
import type { PredictCall, Prediction } from './protocol.ts';
import { batchInput } from './sweep.ts';

/** Scores rows at once: no job, nothing kept. Throws ANALYSIS_FAILED for a row whose score or target is infinite or NaN. */
export async function predict({ model, rows, target, environment }: PredictCall): Promise<Prediction[]> {
  const { artifact, graph, manifest } = model;
  const batch = await writtenBatch(rows, graph, manifest, await loadVocabularies(environment.home, manifest));
  const subject = subjectOf(model);
  const outputs = { score: scoreOf(subject), target: targetOf(subject, target) };
  const compiled = await (await openedModel(artifact, environment)).compile({ outputs });
  try {
    const result = await compiled.run({ ...batchInput(batch), rowValues: {} }, {});
    const values = (name: 'score' | 'target') => result[name]?.data as Float32Array;
    return Array.from(values('score'), (score, at) => finite({ score, target: values('target')[at] as number }, at));
  } finally {
    await compiled.close();
  }
}

function finite(prediction: Prediction, row: number): Prediction {
  if (Number.isFinite(prediction.score) && Number.isFinite(prediction.target)) return prediction;
  const { score, target } = prediction;
  throw analysisFailed(`The model gives rows[${row}] the score ${score} and the target ${target}.`, { row });
}
