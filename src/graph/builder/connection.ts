import { badUserInput } from '../../errors.ts';
import type { Page, Paged } from '../../store/paging.ts';

/** Arguments of the Relay Cursor Connections Specification. */
export interface ConnectionArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

export interface Connection<Node> {
  readonly edges: Edge<Node>[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  readonly totalCount: number;
}

export interface PageSize {
  readonly default: number;
  readonly maximum: number;
}
const listSize: PageSize = { default: 20, maximum: 200 };

/** What was asked for, checked: how many, between which positions. Throws BAD_USER_INPUT naming the argument. */
export function pageAsked(args: ConnectionArguments, size: PageSize = listSize): Required<Page> {
  const { first, last } = args;
  if (first != null && last != null)
    throw badUserInput('last', 'Ask for `first` or for `last`, not for both: they are pages from opposite ends.');
  for (const [argument, count] of Object.entries({ first, last })) {
    if (count != null && !(count >= 0 && count <= size.maximum))
      throw badUserInput(argument, `\`${argument}\` is ${count}; it must lie between 0 and ${size.maximum}.`);
  }
  return {
    limit: first ?? last ?? size.default,
    after: positionOf('after', args.after),
    before: positionOf('before', args.before),
    backwards: last != null,
  };
}

export const cursorOf = (position: number): string => Buffer.from(`at:${position}`).toString('base64url');

function positionOf(argument: string, cursor: string | null | undefined): number | undefined {
  if (cursor == null) return undefined;
  const position = /^at:(\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (position === undefined)
    throw badUserInput(
      argument,
      `\`${argument}\` is no cursor of this connection. Take one from \`pageInfo\` or an edge.`,
    );
  return Number(position);
}

/** A connection over a table or file: `fetch` gets a page with one row more than asked for, which tells whether there is more. */
export async function keysetConnection<Node>(
  args: ConnectionArguments,
  fetch: (page: Page) => Promise<Paged<Node>>,
  position: (node: Node) => number,
): Promise<Connection<Node>> {
  const page = pageAsked(args);
  const { rows, totalCount } = await fetch({ ...page, limit: page.limit + 1 });
  const hasMore = rows.length > page.limit;
  const kept = page.backwards ? rows.slice(hasMore ? 1 : 0) : rows.slice(0, page.limit);
  const edges = kept.map((node) => ({ cursor: cursorOf(position(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.backwards ? page.before !== undefined : hasMore,
      hasPreviousPage: page.backwards ? hasMore : page.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  };
}

/** A connection over a list that is all there. */
export function listConnection<Node>(
  args: ConnectionArguments,
  nodes: readonly Node[],
  size?: PageSize,
): Connection<Node> {
  const page = pageAsked(args, size);
  const from = page.after === undefined ? 0 : page.after + 1;
  const below = Math.min(page.before ?? nodes.length, nodes.length);
  const start = page.backwards ? Math.max(from, below - page.limit) : from;
  const end = page.backwards ? below : Math.min(below, from + page.limit);
  const edges = nodes.slice(start, end).map((node, at) => ({ cursor: cursorOf(start + at), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: end < nodes.length,
      hasPreviousPage: start > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: nodes.length,
  };
}
