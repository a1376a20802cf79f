import { DrizzleQueryError } from 'drizzle-orm';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { backgroundErrors } from '../../src/server/background-errors.ts';
import { DatabaseError } from '../../src/store/away.ts';

test('that the database is away is logged once for all that notice it, and every other error with what it is', () => {
  const lines: string[] = [];
  const tell = backgroundErrors(pino({}, { write: (line) => void lines.push(line) }));
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const ofDatabase = [
    new DatabaseError(away),
    new DrizzleQueryError('select 1', [], away),
    // As pg-boss tells it.
    new DatabaseError({ ...away, message: away.message }),
  ];
  for (const error of ofDatabase) tell(error, 'queue');
  tell(new Error('a defect'), 'recovery');
  const logged = lines.map((line) => JSON.parse(line));
  expect(logged).toMatchObject([
    { level: 40, msg: expect.stringMatching(/^the database is away/) },
    { level: 50, msg: 'recovery', err: { message: 'a defect' } },
  ]);
});
