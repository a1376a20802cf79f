import type { PgBoss } from 'pg-boss';
import { fromErrorRecord, GlassgraphError } from '../errors.ts';
import { submitPass } from '../jobs/queue.ts';
import type { ResultWaiter } from '../jobs/wait.ts';
import type { Database } from '../store/database.ts';
import { type DescribedPass, describePass, titleOf } from './describe.ts';
import { type Kept, KeptResults } from './kept.ts';
import { type KeyedQuestion, keyed, type PassPlan, planPasses, rowCountOf, type Target } from './plan.ts';
import type { Answer } from './question.ts';
import { RequestScope } from './scope.ts';

export type PlannerScope = RequestScope<Asked, DescribedPass>;

/** A question with the resolver that waits for its answer. */
interface Asked {
  readonly question: KeyedQuestion;
  readonly scope: PlannerScope;
  resolve(answer: Answer<unknown>): void;
  reject(error: unknown): void;
}

export interface PlannerOptions {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly waiter: ResultWaiter;
  readonly engineVersion: string;
  /** How clients name a job. */
  readonly jobReference: (jobId: string) => string;
}

/** After this long an ANALYSIS_PENDING is worth asking about again. */
const retryAfterMs = 1000;

/**
 * The way of a query:
 *
 *     1. Ask     resolvers ask questions and wait                 planner.request
 *     2. Plan    questions of one request become passes           scope.ts, plan.ts
 *     3. Claim   each question belongs to one pass, everywhere    jobs/queue.ts
 *     4. Run     a compute process reads, runs, folds             jobs/runner.ts, pass/
 *     5. Answer  results are kept; waiters wake, or get a job     jobs/wait.ts, here
 */
export class Planner {
  /** Of questions since this planner began. */
  readonly counts = { hits: 0, misses: 0 };
  readonly #options: PlannerOptions;
  readonly #kept: KeptResults;

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#kept = new KeptResults(options.database.db);
  }

  /** After results were deleted: none of them is answered from memory. */
  forget(): void {
    this.#kept.forget();
  }

  close(): Promise<void> {
    return this.#kept.close();
  }

  /** One for each request. */
  scope(request: { patienceMs: number; signal: AbortSignal; jobs?: Set<string> }): PlannerScope {
    return new RequestScope({ ...request, dispatch: (asked: Asked[]) => void this.#dispatch(asked) });
  }

  /**
   * 1. Ask. Throws ANALYSIS_PENDING when the request's patience ends first, and whatever error the computation ended with.
   * Nothing is computed twice: an answer that is kept, or on its way for somebody else, is that answer.
   */
  request<Result>(name: string, spec: unknown, target: Target, scope: PlannerScope): Promise<Answer<Result>> {
    return new Promise((resolve, reject) => {
      const question = keyed(name, spec, target);
      scope.ask({ question, scope, resolve: resolve as Asked['resolve'], reject });
    });
  }

  async #dispatch(asked: readonly Asked[]): Promise<void> {
    try {
      const kept = await this.#answerKept(asked);
      const open = asked.filter(({ question }) => !kept.has(question.key));
      this.counts.hits += asked.length - open.length;
      this.counts.misses += open.length;
      const plans = planPasses(
        open.map(({ question }) => question),
        kept,
      );
      await Promise.all(plans.map((plan) => this.#runPlan(plan, asked)));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  /** Answers what needs no computation; returns the keys, of parts too, that are kept. */
  async #answerKept(asked: readonly Asked[]): Promise<ReadonlySet<string>> {
    const found = await this.#kept.get(asked.map(({ question }) => question.key));
    const parts: string[] = [];
    for (const { question, resolve } of asked) {
      const kept = found.get(question.key);
      if (kept !== undefined) resolve(answerOf(kept, true));
      else if (question.part !== undefined) parts.push(question.part.key);
    }
    return new Set([...found.keys(), ...(await this.#kept.inStore(parts))]);
  }

  /** 3. Claim, and 5. Answer. A reading whose part another pass is computing is asked again when that part is there. */
  async #runPlan(plan: PassPlan, asked: readonly Asked[]): Promise<void> {
    const mine = new Map<string, Asked[]>();
    for (const one of asked) mine.set(one.question.key, [...(mine.get(one.question.key) ?? []), one]);
    const { jobId, deferred } = await this.#submit(plan);
    const described = describePass(plan, jobId === null ? null : this.#options.jobReference(jobId));
    for (const scope of new Set(asked.map(({ scope }) => scope))) scope.plans.push(described);
    const later = new Set(deferred);
    await Promise.all(
      [...plan.analyses, ...plan.readings]
        .flatMap(({ key }) => mine.get(key) ?? [])
        .map((one) => (later.has(one.question.key) ? this.#answerAfterPart(one) : this.#answer(one, jobId))),
    );
  }

  async #submit({ target, analyses, readings }: PassPlan): Promise<{ jobId: string | null; deferred: string[] }> {
    const { model, dataset, rows } = target;
    return submitPass(this.#options.database, this.#options.boss, {
      title: titleOf(target, [...analyses, ...readings]),
      modelId: model.id,
      datasetId: dataset.id,
      modelDigest: model.digest,
      datasetDigest: dataset.digest,
      engineVersion: this.#options.engineVersion,
      rowCount: rowCountOf(target),
      request: {
        model: { artifact: model.artifact, graph: model.graph, manifest: model.manifest },
        dataset,
        rows,
        partitions: dataset.partitions.map(({ name }) => name),
        analyses: analyses.map(({ key, name, spec }) => ({ key, name, spec })),
        readings: readings.map(({ key, name, spec, part }) => ({
          key,
          name,
          spec,
          partKey: (part as KeyedQuestion).key,
        })),
      },
    });
  }

  /** `jobId`: ours, if it was this request that claimed. */
  async #answer(asked: Asked, jobId: string | null): Promise<void> {
    const { question, scope, resolve, reject } = asked;
    const outcome = await this.#options.waiter.wait(question.key, scope, jobId);
    switch (outcome.state) {
      case 'done': {
        const kept = (await this.#kept.get([question.key])).get(question.key);
        return kept === undefined ? this.#dispatch([asked]) : resolve(answerOf(kept, false));
      }
      case 'failed':
        return reject(fromErrorRecord(outcome.error));
      case 'pending':
        return reject(this.#pending(outcome.jobId));
      case 'released':
        return this.#dispatch([asked]);
    }
  }

  /** A reading whose part another pass is computing: first wait for the part, then ask again. */
  async #answerAfterPart(asked: Asked): Promise<void> {
    const { question, scope, reject } = asked;
    const outcome = await this.#options.waiter.wait((question.part as KeyedQuestion).key, scope, null);
    if (outcome.state === 'failed') reject(fromErrorRecord(outcome.error));
    else if (outcome.state === 'pending') reject(this.#pending(outcome.jobId));
    else await this.#dispatch([asked]);
  }

  #pending(jobId: string): GlassgraphError {
    const job = this.#options.jobReference(jobId);
    return new GlassgraphError(
      'ANALYSIS_PENDING',
      `The answer is being computed by job ${job}. Ask again in a second, or with a longer “Prefer: wait=…”.`,
      { job, retryAfterMs },
    );
  }
}

const answerOf = ({ value, provenance }: Kept, cached: boolean): Answer<unknown> => ({
  value,
  provenance: { ...provenance, cached },
});
