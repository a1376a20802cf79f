/** The data of a subscription's events (Server-Sent Events), as they come; ends when the server ends the stream. */
export async function* eventsOf<Data>(
  url: string,
  document: string,
  variables: Record<string, unknown>,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<{ data: Data; errors?: { extensions: { code: string } }[] }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: document, variables }),
    signal,
  });
  let text = '';
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const data = /^data: ?(.+)$/m.exec(event)?.[1];
      if (/^event: next$/m.test(event) && data !== undefined) yield JSON.parse(data);
    }
  }
}
