import { Agent, request } from 'node:http';

const connections = 8;

/** Requests per second over connections that stay open, each asking again as soon as it has its answer. */
export async function requestsPerSecond(url: string, query: string, durationMs: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const body = JSON.stringify({ query });
  const startMs = performance.now();
  let count = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startMs < durationMs) {
      await post(url, body, agent);
      count++;
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  agent.destroy();
  return (count / (performance.now() - startMs)) * 1000;
}

function post(url: string, body: string, agent: Agent): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on('end', resolve).on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}
