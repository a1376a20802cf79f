import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { ModelProtoSchema } from '../../src/compute/onnx/proto/onnx_pb.js';
import { registerModel } from '../../src/registry/register-model.ts';
import { listModels } from '../../src/store/models.ts';
import { models } from '../../src/store/schema.ts';
import { modelOf, temporaryFolder } from '../compute/onnx/models.ts';
import { manifest, netOf, parts } from '../support/coupled-nets.ts';
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

test('a model that was registered before anybody looked is examined when it is registered again', async () => {
  await using database = await freshDatabase();
  const pool = newPool(new URL('../../src/pass/main.ts', import.meta.url), 1);
  const folder = await temporaryFolder();
  const net = netOf(parts.together['dynamic quantisation'] as (typeof parts)['together'][string], 1);
  await writeFile(join(folder, 'net.onnx'), toBinary(ModelProtoSchema, modelOf(net)));
  const services = { database, pool, environment: { home: database.home, threads: 1 }, sources: [folder] };
  const register = () => registerModel(services, { name: 'net', version: '1', source: { uri: 'net.onnx' }, manifest });
  const first = await register();
  expect(first).toMatchObject({ artifact: { rowsPerRun: 1 }, warnings: [{ code: 'ROWS_SEE_EACH_OTHER' }] });
  const { rowsPerRun: _, ...artifact } = first.artifact;
  await database.db.update(models).set({ artifact, warnings: null }).where(eq(models.id, first.id));
  expect(await register()).toEqual(first);
  expect(await register()).toEqual(first);
  await pool.close();
});
