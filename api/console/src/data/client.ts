/** A refusal of the API, in the words it gave. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const get = <T>(path: string, query: Record<string, string | number> = {}): Promise<T> => {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return request<T>(`/api/v1${path}${search.size ? `?${search}` : ''}`);
};

export const post = <T>(path: string, body: Record<string, unknown> = {}): Promise<T> =>
  request<T>(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, init).catch(() => {
    throw new ApiError(0, 'The server does not answer.');
  });
  if (response.status === 204) return undefined as T;
  const body = await response.json().catch(() => undefined);
  if (!response.ok)
    throw new ApiError(response.status, body?.detail ?? `The server answered ${response.status}.`);
  return body as T;
}
