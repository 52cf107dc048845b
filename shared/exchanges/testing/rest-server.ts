import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real HTTP server that answers JSON for a path and its query; `undefined` is not found. */
export interface RestServer {
  url: string;
  /** What was asked for, oldest first. */
  requests: URL[];
  close(): Promise<void>;
}

export async function serveRest(
  answer: (path: string, query: URLSearchParams) => unknown,
): Promise<RestServer> {
  const requests: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    requests.push(url);
    const body = answer(url.pathname, url.searchParams);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
