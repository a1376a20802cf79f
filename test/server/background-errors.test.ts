import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { backgroundErrors } from '../../src/server/background-errors.ts';

test('that the database is away is logged once for all that notice it, and every other error with what it is', () => {
  const lines = new PassThrough();
  const tell = backgroundErrors(pino(lines));
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  // The last one as pg-boss tells it.
  for (const error of [away, new Error('Failed query', { cause: away }), { ...away, message: away.message }])
    tell(error, 'queue');
  tell(new Error('a defect'), 'recovery');
  const logged = String(lines.read())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(logged).toMatchObject([
    { level: 40, msg: expect.stringMatching(/^the database is away/) },
    { level: 50, msg: 'recovery', err: { message: 'a defect' } },
  ]);
});
