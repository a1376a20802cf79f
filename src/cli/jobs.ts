import { Command, InvalidArgumentError } from 'commander';
import { badUserInput } from '../errors.ts';
import { type AnswerError, AnswerErrors, asked, asking, print, send } from './client.ts';
import { exitCodes } from './exit.ts';

interface Job {
  readonly id: string;
  readonly state: string;
  readonly title: string;
  readonly fraction: number | null;
  readonly rowsPerSecond: number | null;
  readonly etaSeconds: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}
const fields =
  'id state title rowsDone rowsTotal fraction rowsPerSecond etaSeconds attempts createdAt error { code message }';

interface Flags {
  readonly url: string;
  readonly json?: true;
}

const command = (name: string, description: string): Command =>
  asking(new Command(name).description(description)).option('--json', 'print JSON, a line a job');

export const jobsCommand = (): Command =>
  new Command('jobs')
    .description('list the jobs of a server, follow one or cancel it')
    .addCommand(
      command('list', 'newest first')
        .option('--state <state...>', 'only these: QUEUED, RUNNING, DONE, FAILED, CANCELLED')
        .option('--first <count>', 'how many', wholeNumber, 20)
        .action(list),
      { isDefault: true },
    )
    .addCommand(
      command(
        'follow',
        'print a job whenever it changes; end with 0 when it is DONE, with 1 when it has ended otherwise',
      )
        .argument('<id>')
        .action(follow),
    )
    .addCommand(
      command('cancel', 'end a job; whoever waits for its results gets CANCELLED').argument('<id>').action(cancel),
    );

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

async function list({ url, state, first, json }: Flags & { state?: string[]; first: number }): Promise<void> {
  const query = `query ($state: [JobState!], $first: Int) { jobs(state: $state, first: $first) { nodes { ${fields} } } }`;
  const { jobs } = await asked<{ jobs: { nodes: Job[] } }>(url, { query, variables: { state, first } });
  for (const job of jobs.nodes) tell(job, json);
}

async function cancel(id: string, { url, json }: Flags): Promise<void> {
  const query = `mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { ${fields} } } }`;
  const { cancelJob } = await asked<{ cancelJob: { job: Job } }>(url, { query, variables: { id } });
  tell(cancelJob.job, json);
}

async function follow(id: string, { url, json }: Flags): Promise<void> {
  for await (const { data, errors = [] } of eventsOf(url, id)) {
    if (errors.length > 0) throw new AnswerErrors(errors);
    if (data?.job == null) continue;
    const { state } = data.job;
    tell(data.job, json);
    if (state === 'FAILED' || state === 'CANCELLED') process.exitCode = exitCodes.no;
    if (['DONE', 'FAILED', 'CANCELLED'].includes(state)) return;
  }
  throw gone(url, 'it said no more');
}

const gone = (url: string, how: string) =>
  badUserInput(
    'url',
    `The server at ${url} has gone (${how}). The job goes on there when it is back: follow it again.`,
  );

interface Followed {
  readonly data?: { readonly job: Job | null } | null;
  readonly errors?: readonly AnswerError[];
}

/** Over Server-Sent Events: an event is lines, and ends with an empty one. Throws BAD_USER_INPUT where the server goes away. */
async function* eventsOf(url: string, id: string): AsyncGenerator<Followed> {
  const query = `subscription ($id: ID!) { job(id: $id) { ${fields} } }`;
  const response = await send(url, { query, variables: { id } }, { accept: 'text/event-stream' });
  let rest = '';
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = (rest + chunk).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: ?(.+)$/m.exec(event)?.[1];
        if (/^event: next$/m.test(event) && data !== undefined) yield JSON.parse(data) as Followed;
      }
    }
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    throw gone(url, cause?.code ?? message);
  }
}

function tell(job: Job, json: true | undefined): void {
  if (json) {
    print(JSON.stringify(job));
    return;
  }
  const { id, state, title, fraction, rowsPerSecond, etaSeconds, error } = job;
  const progress = [
    fraction === null ? '' : `${Math.round(100 * fraction)} %`,
    rowsPerSecond === null ? '' : `${Math.round(rowsPerSecond)} rows/s`,
    etaSeconds === null ? '' : `${Math.ceil(etaSeconds)} s left`,
  ].filter((part) => part !== '');
  print(
    [state.padEnd(9), id, title, progress.join(', '), error === null ? '' : `${error.code}: ${error.message}`]
      .join('  ')
      .trimEnd(),
  );
}
