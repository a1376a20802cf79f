import { availableParallelism, totalmem } from 'node:os';
import { delimiter, resolve } from 'node:path';
import type { CallLimits } from '../compute/process/limits.ts';
import { badUserInput } from '../errors.ts';

/** What the operator decides. README lists it. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Postgres; embedded when undefined. */
  readonly databaseUrl: string | undefined;
  /** Folder of the embedded database, registered models and scores. */
  readonly home: string;
  /** Folders that `source.uri` may reach. */
  readonly sources: readonly string[];
  /** How long a request waits for an answer. */
  readonly patienceMs: number;
  readonly example: boolean;
  /** Compute processes of this machine; 0 for an API that only queues. */
  readonly workers: number;
  /** Of each compute process. */
  readonly threads: number;
  /** What one pass may take of the machine. */
  readonly limits: CallLimits;
  /** How long this process may be at one thing before it ends, to be started again. */
  readonly blockedMs: number;
  /** Results that are kept, score files included; beyond it those go that were used longest ago. */
  readonly cacheBytes: number;
}

const MiB = 2 ** 20;

/** Three quarters of what the machine, or the container, has, in MiB: the rest is the server's and the database's. */
function memoryShare(): number {
  const total = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.max(64, Math.floor((0.75 * total) / MiB));
}

type Variables = Readonly<Record<string, string | undefined>>;

const known = [
  'GLASSGRAPH_HOME',
  'GLASSGRAPH_SOURCES',
  'GLASSGRAPH_PATIENCE',
  'GLASSGRAPH_EXAMPLE',
  'GLASSGRAPH_WORKERS',
  'GLASSGRAPH_THREADS',
  'GLASSGRAPH_PASS_SECONDS',
  'GLASSGRAPH_PASS_MEMORY',
  'GLASSGRAPH_SILENT_SECONDS',
  'GLASSGRAPH_BLOCKED_SECONDS',
  'GLASSGRAPH_CACHE',
  // Of commands that ask a server.
  'GLASSGRAPH_URL',
];

/** Loopback addresses: without keys, nobody else may reach the server. */
const loopback = ['127.0.0.1', 'localhost', '::1'];

/** Throws BAD_USER_INPUT naming the variable that is unknown or malformed. */
export function configOf(variables: Variables): Config {
  const unknown = Object.keys(variables).find((name) => /^GLASSGRAPH_/.test(name) && !known.includes(name));
  if (unknown !== undefined) throw refused(unknown, `is not known. There is ${known.join(', ')}.`);
  const host = variables.HOST || '127.0.0.1';
  if (!loopback.includes(host))
    throw refused('HOST', `is “${host}”. A server without keys binds to loopback only: ${loopback.join(', ')}.`);
  return {
    host,
    port: whole(variables, 'PORT', 4000, 0, 65_535),
    databaseUrl: databaseUrlOf(variables.DATABASE_URL),
    home: resolve(variables.GLASSGRAPH_HOME || '.glassgraph'),
    sources: foldersOf(variables, 'GLASSGRAPH_SOURCES'),
    patienceMs: number(variables, 'GLASSGRAPH_PATIENCE', 25, 0, 3600) * 1000,
    example: flag(variables, 'GLASSGRAPH_EXAMPLE'),
    workers: whole(variables, 'GLASSGRAPH_WORKERS', 1, 0, 256),
    threads: whole(variables, 'GLASSGRAPH_THREADS', availableParallelism(), 1, 1024),
    limits: {
      seconds: whole(variables, 'GLASSGRAPH_PASS_SECONDS', 6 * 3600, 1, 23 * 3600),
      memoryBytes: whole(variables, 'GLASSGRAPH_PASS_MEMORY', memoryShare(), 64, 2 ** 24) * MiB,
      silentSeconds: whole(variables, 'GLASSGRAPH_SILENT_SECONDS', 120, 1, 3600),
    },
    blockedMs: number(variables, 'GLASSGRAPH_BLOCKED_SECONDS', 30, 1, 3600) * 1000,
    cacheBytes: whole(variables, 'GLASSGRAPH_CACHE', 10_240, 1, 2 ** 30) * MiB,
  };
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** From which level on the server logs. Throws BAD_USER_INPUT naming the variable. */
export function logLevelOf({ LOG_LEVEL: level }: Variables): string {
  if (!level) return 'info';
  if (logLevels.includes(level)) return level;
  throw refused('LOG_LEVEL', `is “${level}”. There is ${logLevels.join(', ')}.`);
}

const refused = (name: string, what: string) => badUserInput(name, `${name} ${what}`);

function number(variables: Variables, name: string, otherwise: number, low: number, high: number): number {
  const text = variables[name];
  if (text === undefined || text === '') return otherwise;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high))
    throw refused(name, `is “${text}”; it must be a number from ${low} to ${high}.`);
  return value;
}

function whole(variables: Variables, name: string, otherwise: number, low: number, high: number): number {
  const value = number(variables, name, otherwise, low, high);
  if (!Number.isInteger(value)) throw refused(name, `is “${variables[name]}”; it must be a whole number.`);
  return value;
}

function flag(variables: Variables, name: string): boolean {
  const text = variables[name] ?? '';
  if (!['', '0', '1'].includes(text)) throw refused(name, `is “${text}”; it must be 0 or 1.`);
  return text === '1';
}

function foldersOf(variables: Variables, name: string): string[] {
  const folders = (variables[name] || '.').split(delimiter).filter((folder) => folder !== '');
  if (folders.length === 0) throw refused(name, 'names no folder.');
  return folders.map((folder) => resolve(folder));
}

function databaseUrlOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^postgres(ql)?:\/\//.test(text)) throw refused('DATABASE_URL', 'must begin with postgres:// or postgresql://.');
  // It may hold a password and is not told.
  if (!URL.canParse(text))
    throw refused(
      'DATABASE_URL',
      'is no URL. Write what is special in its user or password as %xx, e.g. %20 for a space.',
    );
  return text;
}
