import type { ModelProto } from '../../src/compute/onnx/proto/onnx_pb.js';
import { valueInfoOf } from '../../src/compute/onnx/tensors.ts';
import { float32, int64 } from '../../src/compute/tensor.ts';
import { graphOf, type ModelText, modelOf } from '../compute/onnx/models.ts';

/** Twice the value that goes around. */
function doubling() {
  const body = graphOf({
    inputs: { i: ['int64', []], on: ['bool', []], before: ['float32', [null, 2]] },
    nodes: [
      ['Add', 'before before', 'after'],
      ['Identity', 'on', 'still'],
    ],
    outputs: '',
  });
  body.output = [valueInfoOf('still', 'bool', []), valueInfoOf('after', 'float32', [null, 2])];
  return body;
}

/** Behind a loop nothing but the model's own word tells shapes. */
function saidToScore(text: ModelText): ModelProto {
  const model = modelOf(text);
  if (model.graph !== undefined) model.graph.output = [valueInfoOf('score', 'float32', [null, 1])];
  return model;
}

/** logit = 4 x₀ − 4 x₁, by a Loop that doubles twice; nothing differentiates it. */
const looping: ModelText = {
  inputs: { x: ['float32', [null, 2]] },
  weights: { times: int64([], [2]), w: float32([2, 1], [1, -1]) },
  nodes: [
    ['Loop', 'times  x', 'quadrupled', { body: { graph: doubling() } }],
    ['MatMul', 'quadrupled w', 'logit'],
    ['Sigmoid', 'logit', 'score'],
  ],
  outputs: 'score',
};

export const looped = (): ModelProto => saidToScore(looping);

/** The same with an operator of onnxruntime's own behind the loop. */
export const loopedAndBent = (): ModelProto =>
  saidToScore({
    ...looping,
    nodes: [
      ['Loop', 'times  x', 'quadrupled', { body: { graph: doubling() } }],
      ['com.microsoft:Gelu', 'quadrupled', 'bent'],
      ['MatMul', 'bent w', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
  });

/** logit = table(code(word)) + entry(id) + x: words are texts in the graph, 10, 20 and 30 stand for 1, 2, 3; id i for 10 i. */
export const encoded = (): ModelProto =>
  modelOf({
    inputs: { word: ['int64', [null, 1]], id: ['int64', [null, 1]], x: ['float32', [null, 1]] },
    weights: { table: float32([3, 1], [1, 2, 3]), entries: float32([3, 1], [0, 10, 20]), shape: int64([2], [-1, 1]) },
    nodes: [
      ['Cast', 'word', 'text', { to: 8 }],
      ['ai.onnx.ml:LabelEncoder', 'text', 'coded', { keys_strings: ['10', '20', '30'], values_int64s: [0, 1, 2] }],
      ['Gather', 'table coded', 'looked'],
      ['Gather', 'entries id', 'entry'],
      ['Reshape', 'looked shape', 'first'],
      ['Reshape', 'entry shape', 'second'],
      ['Add', 'first second', 'both'],
      ['Add', 'both x', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });
