import { isScalar } from '../data/columns/type.ts';
import { badUserInput } from '../errors.ts';
import { suggestionFor } from '../similar.ts';
import type { DatasetRow } from '../store/datasets.ts';

/** An argument that may be left out: null says the default, too. */
export type Optional<Value> = Value | null | undefined;

/** A column of the dataset by which rows can be grouped. Throws BAD_USER_INPUT naming the argument. */
export function groupingColumn({ columns }: DatasetRow, name: string, argument: string): string {
  const names = columns.map((column) => column.name);
  const column = columns.find((other) => other.name === name);
  if (column === undefined) {
    const { words, data } = suggestionFor(name, names);
    throw badUserInput(argument, `\`${argument}\`: there is no column “${name}”.${words}`, data);
  }
  if (!isScalar(column.type))
    throw badUserInput(argument, `\`${argument}\`: “${name}” is ${column.type}; rows cannot be grouped by it.`);
  return name;
}

/** A whole number between two limits. Throws BAD_USER_INPUT naming the argument. */
export function wholeBetween(argument: string, value: number, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  throw badUserInput(argument, `\`${argument}\` is ${value}; it must lie between ${low} and ${high}.`);
}
