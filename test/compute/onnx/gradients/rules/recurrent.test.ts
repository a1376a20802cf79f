import { describe, expect, test } from 'vitest';
import { int32, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const [steps, rows, width, hidden] = [3, 2, 4, 2];
const x = some([steps, rows, width]);
const lengths = int32([rows], [1, 3]);

/** Inputs of a layer with so many gates: x, W, R, biases, lengths, and states. */
const layer = (gates: number, directions = 1) => ({
  input: some([directions, gates * hidden, width]),
  recurrence: some([directions, gates * hidden, hidden]),
  bias: some([directions, 2 * gates * hidden]),
  state: some([directions, rows, hidden]),
});
const one = { hidden_size: hidden };
const all = { outputCount: 2, targets: [0, 1], single: true };

const numbers = (alphas: number[], betas: number[]) => ({
  activation_alpha: { floats: alphas },
  activation_beta: { floats: betas },
});

describe('the gradient of', () => {
  const [rnn, gru, lstm, both] = [layer(1), layer(3), layer(4), layer(4, 2)];
  const gruBoth = layer(3, 2);
  test.each([
    trial('RNN', [x, rnn.input, rnn.recurrence, rnn.bias, null, rnn.state], { attributes: one, ...all }),
    trial('GRU', [x, gru.input, gru.recurrence], { attributes: one, ...all }),
    trial('GRU', [x, gru.input, gru.recurrence, gru.bias, lengths, gru.state], {
      attributes: { ...one, linear_before_reset: 1 },
      ...all,
    }),
    trial('GRU', [x, gru.input, gru.recurrence, gru.bias, null, gru.state], {
      attributes: { ...one, direction: 'reverse' },
      ...all,
    }),
    trial('GRU', [x, gruBoth.input, gruBoth.recurrence, gruBoth.bias, lengths], {
      attributes: { ...one, direction: 'bidirectional' },
      ...all,
    }),
    trial('LSTM', [x, lstm.input, lstm.recurrence], {
      attributes: one,
      outputCount: 3,
      targets: [0, 1, 2],
      single: true,
    }),
    trial(
      'LSTM',
      [x, lstm.input, lstm.recurrence, lstm.bias, lengths, lstm.state, some([1, rows, hidden]), some([1, 3 * hidden])],
      {
        attributes: one,
        outputCount: 3,
        targets: [0, 1, 2],
        single: true,
      },
    ),
    trial('LSTM', [x, both.input, both.recurrence, both.bias, lengths], {
      attributes: { ...one, direction: 'bidirectional' },
      outputCount: 3,
      targets: [0, 1, 2],
      single: true,
    }),
    trial('LSTM', [x, both.input, both.recurrence, both.bias], {
      attributes: { ...one, direction: 'bidirectional' },
      opset: 11,
      ...all,
    }),
  ])('%s agrees with differences', async (_, given) => await expectExact(given));

  test.each([
    ['HardSigmoid', [], []],
    ['HardSigmoid', [0.4], [0.3]],
    ['Affine', [0.4], [0.3]],
    ['ScaledTanh', [1.5], [0.7]],
    ['LeakyRelu', [], []],
    ['LeakyRelu', [0.3], []],
    ['ThresholdedRelu', [0.4], []],
    ['Elu', [], []],
    ['Elu', [0.6], []],
    ['Relu', [], []],
    ['Softsign', [], []],
    ['Softplus', [], []],
  ])('an RNN with %s %j %j agrees with differences', async (name, alphas, betas) => {
    const attributes = { ...one, activations: [name], ...numbers(alphas, betas) };
    await expectExact({ operator: 'RNN', inputs: [x, rnn.input, rnn.recurrence], attributes, ...all });
  });

  test('layers whose activations share the lists of numbers agrees with differences', async () => {
    // Of both directions in turn: Tanh takes nothing, HardSigmoid one of each, LeakyRelu a first number only.
    const names = ['HardSigmoid', 'Tanh', 'LeakyRelu', 'Sigmoid', 'ScaledTanh', 'Elu'];
    const attributes = {
      ...one,
      direction: 'bidirectional',
      activations: names,
      ...numbers([0.3, 0.2, 1.5, 0.6], [0.4, 0.7]),
    };
    await expectExact({ operator: 'LSTM', inputs: [x, both.input, both.recurrence, both.bias], attributes, ...all });
  });

  test('Keras’s old default, HardSigmoid, in a GRU agrees with differences', async () => {
    const attributes = { ...one, activations: ['HardSigmoid', 'Tanh'] };
    await expectExact({ operator: 'GRU', inputs: [x, gru.input, gru.recurrence, gru.bias], attributes, ...all });
  });

  test('an activation without the numbers that it needs: an error', async () => {
    const attributes = { ...one, activations: ['Affine'], ...numbers([0.5], []) };
    const given = { operator: 'RNN', inputs: [x, rnn.input, rnn.recurrence], attributes, ...all };
    await expect(expectExact(given)).rejects.toThrow('its activation Affine lacks activation_alpha or activation_beta');
  });

  test('a sequence of unknown length: an error', async () => {
    const given = trial('GRU', [x, gru.input, gru.recurrence], { attributes: one, ...all, dynamic: true });
    await expect(expectExact(given[1])).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATOR',
      details: { operator: 'GRU' },
    });
  });
});
