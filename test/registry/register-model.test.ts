import { expect, test } from 'vitest';
import { registerModel } from '../../src/registry/register-model.ts';
import { listModels } from '../../src/store/models.ts';
import { freshDatabase } from '../support/database.ts';
import { newPool } from '../support/pool.ts';
import { denseManifest, toysFolder } from '../support/toys.ts';

test('a model that takes the compute process down is MODEL_REJECTED', async () => {
  await using database = await freshDatabase();
  const pool = newPool(new URL('./dying.ts', import.meta.url), 1);
  const services = { database, pool, environment: { home: database.home, threads: 1 }, sources: [toysFolder] };
  const model = { name: 'dense', version: '1', source: { uri: 'dense.onnx' }, manifest: denseManifest() };
  await expect(registerModel(services, model)).rejects.toMatchObject({
    code: 'MODEL_REJECTED',
    message: expect.stringContaining('The compute process died while it read the model'),
  });
  expect((await listModels(database.db, {}, { limit: 1 })).totalCount).toBe(0);
  await pool.close();
});
