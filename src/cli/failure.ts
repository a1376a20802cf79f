import { CommanderError } from 'commander';
import { GlassgraphError } from '../errors.ts';
import { AnswerErrors, lineOf } from './client.ts';
import { exitCodeOf, exitCodes } from './exit.ts';

/** How a command ends that did not come to its end. */
interface Failure {
  readonly code: number;
  /** For standard error. */
  readonly lines: readonly string[];
  /** The same for whoever asked for JSON: errors in the form of a GraphQL answer. */
  readonly json?: { readonly errors: readonly object[] };
}

export function failureOf(error: unknown): Failure {
  if (error instanceof AnswerErrors)
    return { code: exitCodeOf(error.errors), lines: error.errors.map(lineOf), json: { errors: error.errors } };
  if (error instanceof GlassgraphError) {
    const { message, code, details } = error;
    const json = { errors: [{ message, extensions: { ...details, code } }] };
    return { code: exitCodes.failed, lines: [`glassgraph: ${message}`], json };
  }
  // Of arguments, or of the help, which is what was asked for.
  if (error instanceof CommanderError && error.exitCode === 0) return { code: exitCodes.answered, lines: [] };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const json = { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] };
  if (error instanceof CommanderError) return { code: exitCodes.failed, lines: [message], json };
  return { code: exitCodes.failed, lines: [stack ?? message] };
}
