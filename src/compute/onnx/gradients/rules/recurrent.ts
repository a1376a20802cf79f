import type { Rule, Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Value } from '../value.ts';
import { activationsOf } from './cell-activations.ts';
import { affine, type Cell, gru, lstm, rnn } from './cells.ts';

/** Recurrent layers, written out step by step: the length of their sequences has to be known. */
export const recurrent: Rules = {
  RNN: unrolled(rnn),
  GRU: unrolled(gru),
  LSTM: unrolled(lstm),
};

/** One direction: its output after each step [steps, rows, hidden], and its states after the last one [rows, hidden]. */
interface Run {
  readonly sequence: Value;
  readonly states: readonly Value[];
}

function unrolled(cell: Cell): Rule {
  return {
    forward: (site) => {
      if (site.int('layout', 0) !== 0 || site.float('clip', 0) !== 0)
        throw site.unsupported('its attributes layout and clip have no rule');
      const directions = site.string('direction', 'forward') === 'bidirectional' ? [0, 1] : [0];
      const runs = directions.map((direction) => runOf(site, direction, cell));
      const states = Array.from({ length: cell.stateCount }, (_, index) =>
        runs.flatMap((run) => run.states[index] ?? []),
      );
      return [
        stacked(
          runs.map(({ sequence }) => sequence),
          1,
        ),
        ...states.map((values) => stacked(values, 0)),
      ];
    },
  };
}

function runOf(site: Site, direction: number, cell: Cell): Run {
  const isReversed = direction === 1 || site.string('direction', 'forward') === 'reverse';
  const lengths = site.optional(4);
  const inputs = isReversed && lengths ? reversedWithin(site.x, lengths) : site.x;
  const steps = stepsOf(site, inputs, direction);
  const weights = weightsOf(site, direction, cell);
  const step = cell.stepOf(weights);
  const [first = inputs] = steps;
  let states = initialStates(site, direction, cell, first.slice(1, 0, weights.hidden));
  const outputs = (isReversed && !lengths ? steps.toReversed() : steps).map((input, index) => {
    const [hidden = input, memory = input] = states;
    const next = step(input, hidden, memory);
    const goesOn = lengths?.greater(index).unsqueeze([1]);
    states = goesOn ? next.map((value, at) => value.where(goesOn, states[at])) : next;
    const [output = input] = next;
    return goesOn ? output.where(goesOn) : output;
  });
  if (isReversed && !lengths) outputs.reverse();
  const sequence = stacked(outputs, 0);
  return { sequence: isReversed && lengths ? reversedWithin(sequence, lengths) : sequence, states };
}

/** What the input of each step adds to the gates: [rows, gates · hidden]. */
function stepsOf(site: Site, inputs: Value, direction: number): Value[] {
  const [length] = inputs.shape;
  if (typeof length !== 'number') throw site.unsupported('the length of its sequences is known at run time only');
  const [bias] = biasesOf(site, direction);
  const all = affine(inputs, ofDirection(site.b, direction), bias);
  return all.split(0, new Array<number>(length).fill(1)).map((part) => part.squeeze([0]));
}

function weightsOf(site: Site, direction: number, cell: Cell) {
  const recurrence = ofDirection(site.c, direction);
  const [, hidden] = recurrence.shape;
  if (typeof hidden !== 'number') throw site.unsupported('its number of units is known at run time only');
  const [, bias] = biasesOf(site, direction);
  const peepholes = site.has(7) ? ofDirection(site.input(7), direction) : undefined;
  const variant = site.int('linear_before_reset', 0) !== 0 || site.int('input_forget', 0) !== 0;
  return {
    recurrence,
    bias,
    peepholes,
    hidden,
    variant,
    activations: activationsOf(site, direction, cell.activations),
  };
}

/** Those of the input and those of the recurrence. */
function biasesOf(site: Site, direction: number): Value[] {
  if (!site.has(3)) return [];
  const gates = site.b.shape[1];
  if (typeof gates !== 'number') throw site.unsupported('its number of units is known at run time only');
  return ofDirection(site.input(3), direction).split(0, [gates, gates]);
}

/** [rows, hidden] each: zeros unless they are given. */
function initialStates(site: Site, direction: number, cell: Cell, like: Value): Value[] {
  return Array.from({ length: cell.stateCount }, (_, index) =>
    site.has(5 + index) ? ofDirection(site.input(5 + index), direction) : like.zerosLike(like),
  );
}

const ofDirection = (value: Value, direction: number): Value => value.slice(0, direction, direction + 1).squeeze([0]);

/** Of each row as many steps as it has, the others left where they are. */
const reversedWithin = (sequence: Value, lengths: Value): Value =>
  sequence.op('ReverseSequence', [sequence, lengths.cast('int64')], { time_axis: 0, batch_axis: 1 });

function stacked(values: readonly Value[], axis: number): Value {
  const [first, ...others] = values.map((value) => value.unsqueeze([axis]));
  if (first === undefined) throw new Error('there is nothing to stack');
  return first.concat(others, axis);
}
