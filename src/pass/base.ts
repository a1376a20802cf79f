import type { Values } from '../analysis/analysis.ts';
import type { CompiledProgram, OpenModel } from '../compute/executor.ts';
import type { Program } from '../compute/program.ts';
import { inputsOfBase } from '../data/batches/bind.ts';
import type { Batch } from '../data/types.ts';
import { batchInput } from './sweep.ts';

/** The model that another one is compared with, for one sweep: it runs first, and what it gives are parameters of the other. */
export interface Base extends AsyncDisposable {
  /** For the program at this position; nothing where that needs none. */
  run(member: number, batch: Batch): Promise<Values>;
}

export async function openBase(
  programs: readonly (Program | undefined)[],
  model: OpenModel | undefined,
): Promise<Base> {
  const compiled = await Promise.all(
    programs.map((program): Promise<CompiledProgram> | undefined => program && model?.compile(program)),
  );
  return {
    run: async (member, batch) =>
      (await compiled[member]?.run({ ...batchInput(batch), inputs: inputsOfBase(batch.inputs) }, {})) ?? {},
    async [Symbol.asyncDispose]() {
      await Promise.all(compiled.map((program) => program?.close()));
    },
  };
}
