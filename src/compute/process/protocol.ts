import type { ErrorRecord } from '../../errors.ts';

/** What crosses between the server and a compute process. One call at a time. */
export interface CallMessage {
  readonly call: number;
  readonly method: string;
  readonly parameters: unknown;
}

export type ReplyMessage = { readonly call: number } /** Now and then, whatever else there is to say. */ & (
  | { readonly kind: 'alive' }
  | { readonly kind: 'progress'; readonly value: unknown }
  | { readonly kind: 'emit'; readonly value: unknown }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: ErrorRecord }
  /** Anything but a GlassgraphError; the text is for the log. */
  | { readonly kind: 'defect'; readonly log: string }
);

export interface CallContext {
  /** How far it is; may be dropped. */
  progress(value: unknown): void;
  /** A part of the answer; never dropped, in order. */
  emit(value: unknown): void;
}

// biome-ignore lint/suspicious/noExplicitAny: parameters have the type that the method declares; callers and methods agree by name.
export type Methods = Readonly<Record<string, (parameters: any, context: CallContext) => Promise<unknown>>>;
