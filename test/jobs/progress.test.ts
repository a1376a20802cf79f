import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ProgressReport } from '../../src/jobs/progress.ts';
import { insertDataset } from '../../src/store/datasets.ts';
import { createJob, getJob, jobChannel } from '../../src/store/jobs.ts';
import { insertModel } from '../../src/store/models.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { newDataset, newModel } from '../support/rows.ts';

test('progress is told at once, then at most twice a second, and in the end', async () => {
  await using database = await freshDatabase();
  const { id: modelId } = await insertModel(database.db, newModel('ctr', '1'));
  const { id: datasetId } = await insertDataset(database.db, newDataset('clicks', '1'));
  const id = randomUUID();
  await createJob(database.db, { id, title: 'a pass', modelId, datasetId });
  const heard: string[] = [];
  await database.listen(jobChannel, (job) => heard.push(job));

  // The clock that it goes by, and nothing else.
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const progress = new ProgressReport(database, id);
  for (let rowsDone = 1; rowsDone <= 60; rowsDone++) {
    progress.report({ rowsDone, rowsTotal: 60, memoryBytes: 1024 });
    vi.advanceTimersByTime(10);
  }
  await progress.close(new AbortController().signal);
  vi.useRealTimers();
  await eventually(async () => expect(await getJob(database.db, id)).toMatchObject({ rowsDone: 60, rowsTotal: 60 }));
  // After 0, 500 and 600 ms.
  await eventually(() => expect(heard).toEqual([id, id, id]));
  expect(progress).toMatchObject({ rowsDone: 60, memoryBytes: 1024 });
});
