import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { temporaryFolder } from '../../data/parquet.ts';

export interface Copy {
  readonly folder: string;
  readonly home: string;
  register(): ReturnType<typeof tfjsExecutor.register>;
}

/** A copy of a model's folder that a test may change, and a home. */
export async function copied(original: string): Promise<Copy> {
  const top = await temporaryFolder();
  const [folder, home] = [join(top, 'model'), join(top, 'home')];
  await cp(original, folder, { recursive: true });
  await mkdir(home);
  return { folder, home, register: () => tfjsExecutor.register({ path: folder, root: folder }, home) };
}

// biome-ignore lint/suspicious/noExplicitAny: each test breaks another part of the file.
export async function edited(folder: string, change: (model: any) => void): Promise<void> {
  const path = join(folder, 'model.json');
  const model = JSON.parse(await readFile(path, 'utf8'));
  change(model);
  await writeFile(path, JSON.stringify(model));
}

export type Refusal = readonly [what: string, message: string, change: (folder: string) => Promise<unknown>];

/** Each copy with a change is refused with a message that has these words in it, and nothing is kept of it. */
export const testRefusals = (original: string, refusals: readonly Refusal[]): void =>
  test.each(refusals)('one %s', async (_, message, change) => {
    const { folder, home, register } = await copied(original);
    await change(folder);
    await expect(register()).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringContaining(message),
    });
    expect(await readdir(join(home, 'models')).catch(() => [])).toEqual([]);
  });
