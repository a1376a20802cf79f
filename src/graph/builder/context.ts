import type { Logger } from 'pino';
import type { Operation } from '../../at-work.ts';
import type { JobWatch } from '../../jobs/watch.ts';
import type { Asking } from '../../questions/asker.ts';
import type { AskerAtOnce } from '../../questions/at-once.ts';
import type { JobRow } from '../../store/jobs.ts';

/** A query document to be computed in the background. */
export interface PrefetchRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What every resolver may use; one for the server. */
export interface Services
  extends Pick<AskerAtOnce, 'database' | 'lookups' | 'planner' | 'home' | 'pool' | 'environment'> {
  readonly jobs: {
    readonly watch: JobWatch;
    /** Ends it, whoever waits. */
    cancel(job: JobRow): Promise<void>;
    /** Throws as the document would when it is asked. */
    prefetch(request: PrefetchRequest): Promise<JobRow>;
  };
  /** Folders that `source.uri` may reach. */
  readonly sources: readonly string[];
  readonly log: Logger;
}

/** One for each request. */
export interface RequestContext extends Services, Asking {
  readonly request: Request;
  /** What it asks, for whoever watches what the server is at work for. */
  readonly operation: Operation;
  /** Fields resolved so far. */
  fieldCount: number;
}

/** What a resolver has: the request, and its own part in it. */
export interface Context extends RequestContext, AskerAtOnce {}
