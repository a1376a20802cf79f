import { Branch } from './branch.ts';
import type { Spent } from './cost.ts';

/**
 * One request, as the planner sees it. GraphQL resolves level by level, so questions of different depths are asked in different
 * ticks; they can share a pass only if it waits until nobody is running who might still ask. So whatever may ask runs as a branch
 * of its own, questions queue, and when no branch is running after a turn of the event loop, all that queued goes at once.
 */
export class RequestScope<Question, Plan> {
  /** When resolvers stop waiting and say ANALYSIS_PENDING, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** What was planned for this request, for `extensions.plan`. */
  readonly plans: Plan[] = [];
  /** What it has had computed so far. */
  readonly spent: Spent = { passes: 0, questions: 0 };
  /** Jobs that it has waited for. */
  readonly jobs: Set<string>;
  readonly #dispatch: (questions: Question[]) => void;
  #running = 0;
  #queue: Question[] = [];
  #scheduled = false;

  constructor(options: {
    patienceMs: number;
    signal: AbortSignal;
    jobs?: Set<string> | undefined;
    dispatch: (questions: Question[]) => void;
  }) {
    this.deadlineMs = performance.now() + options.patienceMs;
    this.signal = options.signal;
    this.jobs = options.jobs ?? new Set();
    this.#dispatch = options.dispatch;
  }

  /** Does work that may ask. What hangs under its value is resolved before the next turn of the event loop. */
  run<Value>(work: (branch: Branch) => Value): Value {
    const branch = new Branch((by) => this.#count(by));
    let goesOn = false;
    try {
      const value = work(branch);
      if (!(value instanceof Promise)) return value;
      goesOn = true;
      return value.finally(() => branch.end()) as Value;
    } finally {
      if (!goesOn) branch.end();
    }
  }

  onJob(jobId: string): void {
    this.jobs.add(jobId);
  }

  ask(question: Question): void {
    this.#queue.push(question);
    this.#schedule();
  }

  #count(by: 1 | -1): void {
    this.#running += by;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#running > 0 || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#running > 0) return;
      const questions = this.#queue;
      this.#queue = [];
      this.#dispatch(questions);
    });
  }
}
