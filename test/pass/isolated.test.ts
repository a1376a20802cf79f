import { describe, expect, test } from 'vitest';
import { analysisFailed, bindingMismatch } from '../../src/errors.ts';
import { isolated } from '../../src/pass/isolated.ts';

/** Runs numbers, of which the negative ones cannot be run; says which were run together. */
function runs() {
  const done: number[][] = [];
  const run = async (members: readonly number[]): Promise<void> => {
    const bad = members.find((member) => member < 0);
    if (bad !== undefined) throw analysisFailed(`${bad} is negative`);
    done.push([...members]);
  };
  return { done, run };
}

describe('what cannot be answered takes no other with it', () => {
  test('all together when all can be', async () => {
    const { done, run } = runs();
    expect(await isolated([1, 2, 3], run)).toEqual([]);
    expect(done).toEqual([[1, 2, 3]]);
  });

  test('the others in as few runs as halving gives', async () => {
    const { done, run } = runs();
    const failures = await isolated([1, 2, 3, 4, -5, 6, 7, 8], run);
    expect(failures).toEqual([{ member: -5, error: analysisFailed('-5 is negative') }]);
    expect(done).toEqual([[1, 2, 3, 4], [6], [7, 8]]);
  });

  test('an error of the rows, or of the program, is an error of all', async () => {
    const rows = bindingMismatch('row 3 is null', { row: 3 });
    await expect(isolated([1, 2], () => Promise.reject(rows))).rejects.toBe(rows);
    await expect(isolated([1, 2], () => Promise.reject(new TypeError('defect')))).rejects.toThrow('defect');
  });
});
