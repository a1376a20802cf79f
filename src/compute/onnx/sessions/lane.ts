import { parentPort } from 'node:worker_threads';
import { type LaneCall, type LaneReply, movable } from './lane-protocol.ts';
import { Session, type Values } from './session.ts';

/** The thread of a lane. */
const sessions = new Map<number, Session>();

async function answer(message: LaneCall): Promise<Values> {
  const session = sessions.get(message.session);
  switch (message.kind) {
    case 'open':
      sessions.set(message.session, await Session.open(message.graph, message.settings));
      return {};
    case 'run':
      if (session === undefined) throw new Error('the lane has no such session');
      return session.run(message.feeds);
    case 'close':
      sessions.delete(message.session);
      await session?.close();
      return {};
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (message: LaneCall) => {
  last = last.then(async () => {
    const { call } = message;
    try {
      const { copies, memory } = movable(await answer(message));
      parentPort?.postMessage({ call, values: copies } satisfies LaneReply, memory);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      parentPort?.postMessage({ call, error: text } satisfies LaneReply);
    }
  });
});
