import type { Logger } from 'pino';
import type { Operation } from '../at-work.ts';
import type { ComputePool } from '../compute/process/pool.ts';
import type { JobWatch } from '../jobs/watch.ts';
import type { PassEnvironment } from '../pass/protocol.ts';
import type { Branch } from '../planner/branch.ts';
import type { Planner, PlannerScope } from '../planner/planner.ts';
import type { Answer } from '../planner/question.ts';
import type { Database } from '../store/database.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { JobRow } from '../store/jobs.ts';
import type { Lookups } from '../store/lookups.ts';

/** A query document to be computed in the background. */
export interface PrefetchRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What every resolver may use; one for the server. */
export interface Services {
  readonly database: Database;
  readonly lookups: Lookups;
  readonly planner: Planner;
  readonly jobs: {
    readonly watch: JobWatch;
    /** Ends it, whoever waits. */
    cancel(job: JobRow): Promise<void>;
    /** Throws as the document would when it is asked. */
    prefetch(request: PrefetchRequest): Promise<JobRow>;
  };
  readonly pool: ComputePool;
  readonly home: string;
  /** What compute processes are told with every call. */
  readonly environment: PassEnvironment;
  /** Folders that `source.uri` may reach. */
  readonly sources: readonly string[];
  readonly log: Logger;
}

/** One for each request. */
export interface RequestContext extends Services {
  readonly request: Request;
  /** What it asks, for whoever watches what the server is at work for. */
  readonly operation: Operation;
  readonly scope: PlannerScope;
  /** Datasets that this request has asked for, by name and version. */
  readonly datasets: Map<string, Promise<DatasetRow>>;
  /** Questions that this request has asked: the same again is the same answer. */
  readonly answers: Map<string, Promise<Answer<unknown>>>;
  /** Fields resolved so far. */
  fieldCount: number;
}

/** What a resolver has: the request, and its own part in it. */
export interface Context extends RequestContext {
  readonly branch: Branch;
}

export const inBranch = (request: RequestContext, branch: Branch): Context =>
  Object.create(request, { branch: { value: branch } });
