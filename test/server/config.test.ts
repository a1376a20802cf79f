import { availableParallelism, totalmem } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configOf, logLevelOf } from '../../src/server/config.ts';

describe('the configuration', () => {
  test('of nothing is an embedded server that only this machine reaches', () => {
    expect(configOf({})).toEqual({
      host: '127.0.0.1',
      port: 4000,
      databaseUrl: undefined,
      home: resolve('.glassgraph'),
      sources: [process.cwd()],
      patienceMs: 25_000,
      example: false,
      workers: 1,
      threads: availableParallelism(),
      limits: { seconds: 21_600, memoryBytes: expect.any(Number), silentSeconds: 120 },
      blockedMs: 30_000,
      cacheBytes: 10 * 2 ** 30,
    });
    expect(configOf({}).limits.memoryBytes).toBeLessThanOrEqual(0.75 * totalmem());
  });

  test('is what the variables say', () => {
    expect(
      configOf({
        HOST: 'localhost',
        PORT: '0',
        DATABASE_URL: 'postgres://me@db.example/glassgraph',
        GLASSGRAPH_HOME: 'kept',
        GLASSGRAPH_SOURCES: ['models', '', 'logs'].join(delimiter),
        GLASSGRAPH_PATIENCE: '0.5',
        GLASSGRAPH_EXAMPLE: '1',
        GLASSGRAPH_WORKERS: '0',
        GLASSGRAPH_THREADS: '3',
        GLASSGRAPH_PASS_SECONDS: '60',
        GLASSGRAPH_PASS_MEMORY: '512',
        GLASSGRAPH_SILENT_SECONDS: '5',
        GLASSGRAPH_BLOCKED_SECONDS: '2.5',
        GLASSGRAPH_CACHE: '100',
      }),
    ).toEqual({
      host: 'localhost',
      port: 0,
      databaseUrl: 'postgres://me@db.example/glassgraph',
      home: resolve('kept'),
      sources: [resolve('models'), resolve('logs')],
      patienceMs: 500,
      example: true,
      workers: 0,
      threads: 3,
      limits: { seconds: 60, memoryBytes: 2 ** 29, silentSeconds: 5 },
      blockedMs: 2500,
      cacheBytes: 100 * 2 ** 20,
    });
  });

  test('takes empty variables for none, and leaves those of others alone', () => {
    const empty = ['HOST', 'PORT', 'DATABASE_URL', 'GLASSGRAPH_HOME', 'GLASSGRAPH_SOURCES', 'GLASSGRAPH_PATIENCE'];
    expect(configOf({ ...Object.fromEntries(empty.map((name) => [name, ''])), PATH: '/bin', GLASS: '1' })).toEqual(
      configOf({}),
    );
  });
});

test('the log level is info unless said', () => {
  expect(logLevelOf({})).toBe('info');
  expect(logLevelOf({ LOG_LEVEL: 'silent' })).toBe('silent');
  expect(() => logLevelOf({ LOG_LEVEL: 'loud' })).toThrow(/LOG_LEVEL is “loud”. There is trace, debug/);
});

describe('a variable that is unknown or malformed is an error that names it', () => {
  test.each([
    ['GLASSGRAPH_PATIENSE', '3', /GLASSGRAPH_PATIENSE is not known. .*GLASSGRAPH_PATIENCE/],
    ['GLASSGRAPH_DB', 'x', /GLASSGRAPH_DB is not known/],
    ['PORT', 'http', /PORT is “http”; it must be a number from 0 to 65535/],
    ['PORT', '65536', /PORT is “65536”/],
    ['PORT', '-1', /PORT is “-1”/],
    ['PORT', '4000.5', /PORT is “4000.5”; it must be a whole number/],
    ['PORT', 'NaN', /PORT is “NaN”/],
    ['PORT', ' ', /PORT is “ ”/],
    ['PORT', '0x10', /PORT is “0x10”/],
    ['GLASSGRAPH_PATIENCE', 'long', /GLASSGRAPH_PATIENCE is “long”/],
    ['GLASSGRAPH_PATIENCE', '-1', /GLASSGRAPH_PATIENCE is “-1”/],
    ['GLASSGRAPH_PATIENCE', '1e9', /GLASSGRAPH_PATIENCE is “1e9”/],
    ['GLASSGRAPH_WORKERS', '1.5', /GLASSGRAPH_WORKERS is “1.5”; it must be a whole number/],
    ['GLASSGRAPH_WORKERS', '1000', /GLASSGRAPH_WORKERS is “1000”/],
    ['GLASSGRAPH_THREADS', '0', /GLASSGRAPH_THREADS is “0”; it must be a number from 1/],
    ['GLASSGRAPH_EXAMPLE', 'yes', /GLASSGRAPH_EXAMPLE is “yes”; it must be 0 or 1/],
    ['GLASSGRAPH_SOURCES', delimiter, /GLASSGRAPH_SOURCES names no folder/],
    ['DATABASE_URL', 'mysql://me:secret@db', /DATABASE_URL must begin with postgres/],
    ['DATABASE_URL', 'postgres://me:secret word@:::/db', /DATABASE_URL is no URL/],
    ['HOST', '0.0.0.0', /HOST is “0.0.0.0”. A server without keys binds to loopback only/],
    ['HOST', '::', /HOST is “::”/],
    ['HOST', 'glassgraph.example', /HOST is “glassgraph.example”/],
  ])('%s=%s', (name, value, message) => {
    const refused = () => configOf({ [name]: value });
    expect(refused).toThrow(message);
    expect(refused).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', details: { argument: name } }));
    expect(refused).not.toThrow(/secret/);
  });
});
