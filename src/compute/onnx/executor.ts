import packageInfo from 'onnxruntime-node/package.json' with { type: 'json' };
import { computeLimits } from '../../limits.ts';
import type { CompiledProgram, Executor, ModelArtifact, OpenModel, OpenOptions } from '../executor.ts';
import type { ModelGraph } from '../graph.ts';
import type { Program } from '../program.ts';
import { folderOf, type OnnxArtifact, readArtifact } from './artifact.ts';
import { compileProgram } from './compile.ts';
import { register } from './register.ts';
import { OnnxProgram, type ProgramSpreading } from './sessions/program.ts';
import { openTable } from './table.ts';

/** ONNX models on onnxruntime's CPU provider. */
export const onnxExecutor: Executor = {
  info: {
    name: 'ONNXRUNTIME',
    version: packageInfo.version,
    device: 'cpu',
    formats: ['ONNX'],
    available: true,
    note: null,
  },
  register,
  openTable,
  async open(artifact: ModelArtifact, { home, threads }: OpenOptions): Promise<OpenModel> {
    return new OnnxModel({ ...(await readArtifact(folderOf(artifact, home))), ...artifact }, threads);
  },
};

/** How the programs of a model are spread over lanes. */
export interface Spreading extends ProgramSpreading {
  /** Only of a model with no more: each lane packs the weights of dense layers anew. */
  readonly denseParameters: number;
}

/** Costs nothing while open: each program has sessions of its own, and all of them share the mapped weights. */
export class OnnxModel implements OpenModel {
  readonly graph: ModelGraph;
  readonly #artifact: OnnxArtifact & Pick<ModelArtifact, 'rowsPerRun'>;
  readonly #threads: number;
  readonly #spreading: Spreading;

  constructor(
    artifact: OnnxArtifact & Pick<ModelArtifact, 'rowsPerRun'>,
    threads: number,
    spreading: Spreading = computeLimits,
  ) {
    this.graph = artifact.graph;
    this.#artifact = artifact;
    this.#threads = threads;
    this.#spreading = spreading;
  }

  async compile(program: Program): Promise<CompiledProgram> {
    const { model, graph, folder, rowsPerRun } = this.#artifact;
    const compiled = compileProgram(model, graph, program, rowsPerRun);
    const { afterMs, denseParameters, lanes: most } = this.#spreading;
    const lanes = denseParameterCount(graph) > denseParameters ? 1 : Math.min(this.#threads, most);
    // Figures depend on the threads of a session, which sums are split among: so all of a program have as many.
    const threads = Math.floor(this.#threads / lanes);
    return OnnxProgram.open(compiled, { folder, threads }, { afterMs, lanes });
  }

  async close(): Promise<void> {}
}

/** Weights that are multiplied, and not looked up. */
const denseParameterCount = ({ parameterCount, lookups }: ModelGraph): number => {
  const tables = new Map(lookups.map(({ table, entryCount, dimension }) => [table, entryCount * dimension]));
  return parameterCount - [...tables.values()].reduce((sum, count) => sum + count, 0);
};
