import type { Plugin } from 'graphql-yoga';
import { awayRetryMs } from './errors.ts';

/**
 * 503 with Retry-After where the database was away and there is nothing else to tell. GraphQL over HTTP asks for 2xx where there is
 * data, and where a client accepts application/json alone.
 */
export function unavailable(): Plugin {
  return {
    onResultProcess({ result }) {
      if (!('errors' in result) || ('data' in result && result.data != null)) return;
      const away = result.errors?.find(({ extensions }) => extensions.code === 'SERVICE_UNAVAILABLE');
      if (away === undefined) return;
      const headers = { 'retry-after': String(Math.ceil(awayRetryMs / 1000)) };
      away.extensions.http = { status: 503, spec: true, headers };
    },
  };
}
