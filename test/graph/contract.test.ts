import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Change, ChangeType, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { describe, expect, test } from 'vitest';

/** What clients are written against, without its words. */
const contractPath = 'test/graph/contract.graphql';
/** With them, where it lies beside the project; `WRITE_CONTRACT=1` takes it over. */
const sourcePath = '../shared/contract.graphql';
/** What of it does not work yet, and so is not in the schema. This list only shrinks. */
const pendingPath = 'test/graph/contract-pending.txt';

const absences: ReadonlySet<string> = new Set([
  ChangeType.TypeRemoved,
  ChangeType.FieldRemoved,
  ChangeType.FieldArgumentRemoved,
  ChangeType.InputFieldRemoved,
  ChangeType.EnumValueRemoved,
  ChangeType.UnionMemberRemoved,
  ChangeType.SchemaSubscriptionTypeChanged,
]);

/** More is welcome, as long as nobody has to send it; words are ours. */
const isWelcome = ({ type, criticality }: Change): boolean =>
  /DESCRIPTION/.test(type) || (/ADDED$/.test(type) && criticality.level !== CriticalityLevel.Breaking);

const schemaAt = (path: string) => buildSchema(readFileSync(path, 'utf8'));

/** Names, types and defaults alone, in alphabetical order. */
const withoutWords = (path: string): string =>
  printSchema(lexicographicSortSchema(schemaAt(path)))
    .replace(/^ *"""[\s\S]*?"""\n/gm, '')
    .replace(/\n+(?=\n(?: |\n))/g, '');

describe('the schema and the contract', async () => {
  if (process.env.WRITE_CONTRACT === '1') writeFileSync(contractPath, withoutWords(sourcePath));
  const changes = await diff(schemaAt(contractPath), schemaAt('schema.graphql'));

  test('agree on everything that is there: names, types, nullability, arguments, defaults', () => {
    const broken = changes.filter((change) => !absences.has(change.type) && !isWelcome(change));
    expect(broken.map(({ message }) => message)).toEqual([]);
  });

  test('differ by what is listed as pending, and by nothing else', () => {
    const absent = changes.filter(({ type }) => absences.has(type)).map(({ path }) => path ?? 'schema.subscription');
    expect(absent.sort()).toEqual(readFileSync(pendingPath, 'utf8').split('\n').filter(Boolean).sort());
  });

  test('are those of today, where the contract lies beside the project', ({ skip }) => {
    skip(!existsSync(sourcePath), `there is no ${sourcePath} beside this clone`);
    expect(readFileSync(contractPath, 'utf8')).toBe(withoutWords(sourcePath));
  });
});
