import { isObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { decodeId, encodeId, nodeTypes } from '../../src/graph/builder/ids.ts';
import { schema } from '../../src/graph/schema.ts';

describe('a global id', () => {
  test('is of a type that implements Node', () => {
    const implementers = Object.values(schema.getTypeMap()).filter(
      (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'),
    );
    expect(nodeTypes.toSorted()).toEqual(implementers.map(({ name }) => name).sort());
  });

  test.each(['1', '["a:b","é\n"]', ':'])('is read as it was written: %j', (id) => {
    expect(decodeId(encodeId('Layer', id))).toEqual({ typename: 'Layer', id });
  });

  test.each(['', 'Layer', encodeId('Layer', ''), encodeId('Query', '1'), encodeId('Layer', '\0')])(
    'is not %j',
    (id) => {
      expect(() => decodeId(id)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    },
  );
});
