import { existsSync, readFileSync } from 'node:fs';
import { type Change, ChangeType, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';

/** What clients are written against, where it lies beside the project. */
const contractPath = '../shared/contract.graphql';
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

describe.runIf(existsSync(contractPath))('the schema and the contract', async () => {
  const schemaAt = (path: string) => buildSchema(readFileSync(path, 'utf8'));
  const changes = existsSync(contractPath) ? await diff(schemaAt(contractPath), schemaAt('schema.graphql')) : [];

  test('agree on everything that is there: names, types, nullability, arguments, defaults', () => {
    const broken = changes.filter((change) => !absences.has(change.type) && !isWelcome(change));
    expect(broken.map(({ message }) => message)).toEqual([]);
  });

  test('differ by what is listed as pending, and by nothing else', () => {
    const absent = changes.filter(({ type }) => absences.has(type)).map(({ path }) => path ?? 'schema.subscription');
    expect(absent.sort()).toEqual(readFileSync(pendingPath, 'utf8').split('\n').filter(Boolean).sort());
  });
});
