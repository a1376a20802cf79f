import { describe, expect, test } from 'vitest';
import type { Capabilities } from '../../../../src/compute/graph.ts';
import type { ModelProto } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import { float32 } from '../../../../src/compute/tensor.ts';
import { encoded, loopedAndBent } from '../../../support/blocked.ts';
import { modelOf, opened } from '../models.ts';

const capabilitiesOf = async (model: ModelProto): Promise<Capabilities> => {
  const { graph } = await opened(model);
  return graph.capabilities as Capabilities;
};

const weights = { w: float32([2, 1], [1, -1]) };

describe('what is in the way of gradients', () => {
  test('is nothing in a net of known operators', async () => {
    expect(
      await capabilitiesOf(
        modelOf({
          inputs: { x: ['float32', [null, 2]] },
          weights,
          nodes: [
            ['MatMul', 'x w', 'logit'],
            ['Sigmoid', 'logit', 'score'],
          ],
          outputs: 'score',
        }),
      ),
    ).toEqual({ activations: true, interventions: true, blockers: [], strays: [] });
  });

  test('are all operators without a rule on the way, also those behind others', async () => {
    const { blockers } = await capabilitiesOf(loopedAndBent());
    const targets = ['score'];
    expect(blockers).toEqual([
      { operator: 'Gelu', node: 'bent', reason: 'this operator has no rule', targets },
      { operator: 'Loop', node: 'quadrupled', reason: 'this operator has no rule', targets },
    ]);
  });

  test('are not those beside the way, or behind a logit', async () => {
    const { blockers } = await capabilitiesOf(
      modelOf({
        inputs: { x: ['float32', [null, 2]] },
        weights,
        nodes: [
          ['MatMul', 'x w', 'logit'],
          ['Sigmoid', 'logit', 'score'],
          ['com.microsoft:Gelu', 'score', 'other'],
          ['Shape', 'x', 'shape'],
          ['com.microsoft:Gelu', 'w', 'constant'],
        ],
        outputs: 'score other constant',
      }),
    );
    expect(blockers).toEqual([
      { operator: 'Gelu', node: 'other', reason: 'this operator has no rule', targets: ['other'] },
    ]);
  });

  test('are operators on ids before their table: nothing carries the feature then', async () => {
    const { strays, blockers } = await capabilitiesOf(encoded());
    expect(blockers).toEqual([]);
    expect(strays).toEqual([
      {
        operator: 'LabelEncoder',
        node: 'coded',
        reason: expect.stringContaining('“word”'),
        input: 'word',
        columns: [0],
      },
    ]);
  });
});
