import { Command } from 'commander';
import { asked, asking, print, send } from './client.ts';

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
        .option('--first <count>', 'how many', '20')
        .action(list),
      { isDefault: true },
    )
    .addCommand(
      command('follow', 'print a job whenever it changes; end with 1 unless it is DONE')
        .argument('<id>')
        .action(follow),
    )
    .addCommand(
      command('cancel', 'end a job; whoever waits for its results gets CANCELLED').argument('<id>').action(cancel),
    );

async function list({ url, state, first, json }: Flags & { state?: string[]; first: string }): Promise<void> {
  const query = `query ($state: [JobState!], $first: Int) { jobs(state: $state, first: $first) { nodes { ${fields} } } }`;
  const { jobs } = await asked<{ jobs: { nodes: Job[] } }>(url, { query, variables: { state, first: Number(first) } });
  for (const job of jobs.nodes) tell(job, json);
}

async function cancel(id: string, { url, json }: Flags): Promise<void> {
  const query = `mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { ${fields} } } }`;
  const { cancelJob } = await asked<{ cancelJob: { job: Job } }>(url, { query, variables: { id } });
  tell(cancelJob.job, json);
}

/** Over Server-Sent Events: an event is lines, and ends with an empty one. */
async function follow(id: string, { url, json }: Flags): Promise<void> {
  const query = `subscription ($id: ID!) { job(id: $id) { ${fields} } }`;
  const response = await send(url, { query, variables: { id } }, { accept: 'text/event-stream' });
  let last: Job | undefined;
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (rest + chunk).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: ?(.+)$/m.exec(event)?.[1];
      if (!/^event: next$/m.test(event) || data === undefined) continue;
      const { data: answer, errors } = JSON.parse(data) as { data?: { job: Job }; errors?: { message: string }[] };
      for (const { message } of errors ?? []) process.stderr.write(`${message}\n`);
      if (answer?.job == null) continue;
      last = answer.job;
      tell(last, json);
    }
  }
  if (last?.state !== 'DONE') process.exitCode = 1;
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
