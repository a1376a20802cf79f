import type { Analysis, PartQuestion, Reading } from './analysis.ts';
import { attribution } from './attribution.ts';
import { baselineRows } from './attributions/baseline-rows.ts';
import { calibration } from './calibration.ts';
import { conductance } from './conductance.ts';
import { covariance } from './covariance.ts';
import { distribution } from './distribution.ts';
import { evaluation } from './evaluation.ts';
import { explanations } from './explanations.ts';
import { extremes } from './extremes.ts';
import { interactions } from './interactions.ts';
import { moments } from './moments.ts';
import { probe } from './probe.ts';
import { probeEvaluation, probeScores } from './probe-scores.ts';
import { pca } from './projection/pca.ts';
import { tsne } from './projection/tsne.ts';
import { response } from './response.ts';
import { scores } from './scores.ts';
import { similarity } from './similarity/similarity.ts';
import { gauc, slices } from './slices.ts';
import { normByFrequency } from './tables/frequency.ts';
import { nearest } from './tables/nearest.ts';
import { tableNorms } from './tables/norms.ts';
import { tableSpectrum } from './tables/spectrum.ts';
import type { TableAnalysis, TableSpec } from './tables/table-analysis.ts';
import { confusion, curve } from './thresholds.ts';
import { topExamples } from './top-examples.ts';
import { weakSegments } from './weak-segments.ts';

type AnyAnalysis = Analysis<unknown, unknown, unknown, readonly unknown[]>;
type AnyTableAnalysis = TableAnalysis<TableSpec, unknown, unknown>;
type AnyReading = Reading<unknown, readonly unknown[], unknown>;

/** Every analysis by name. Specs and results are typed in the analysis' own file; here they are only passed on. */
const all = [
  scores,
  moments,
  extremes,
  covariance,
  distribution,
  topExamples,
  attribution,
  baselineRows,
  probe,
  probeScores,
  explanations,
  conductance,
  interactions,
  response,
  similarity,
  pca,
  tsne,
  normByFrequency,
] as readonly unknown[] as readonly AnyAnalysis[];
const allReadings = [
  evaluation,
  calibration,
  curve,
  confusion,
  gauc,
  slices,
  weakSegments,
  probeEvaluation,
] as readonly unknown[] as readonly AnyReading[];

const allOfTables = [tableNorms, tableSpectrum, nearest] as readonly unknown[] as readonly AnyTableAnalysis[];

const analyses = new Map(all.map((analysis) => [analysis.name, analysis]));
const ofTables = new Map(allOfTables.map((analysis) => [analysis.name, analysis]));
const readings = new Map(allReadings.map((reading) => [reading.name, reading]));

export const analysisNames: readonly string[] = [...analyses.keys()];
export const readingNames: readonly string[] = [...readings.keys()];
export const tableAnalysisNames: readonly string[] = [...ofTables.keys()];
export const analysisNamed = (name: string): AnyAnalysis => known(analyses, name);
export const tableAnalysisNamed = (name: string): AnyTableAnalysis => known(ofTables, name);
export const readingNamed = (name: string): AnyReading => known(readings, name);
export const isReading = (name: string): boolean => readings.has(name);
export const partsOf = (name: string, spec: unknown): readonly PartQuestion[] =>
  (readings.get(name) ?? analyses.get(name))?.parts?.(spec) ?? [];
export const versionOf = (name: string): number =>
  (readings.get(name) ?? ofTables.get(name) ?? known(analyses, name)).version;

function known<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const found = map.get(name);
  if (found === undefined) throw new Error(`no analysis is called ${name}`);
  return found;
}
