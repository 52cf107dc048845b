/** A refusal of a REST call: its HTTP status, and its body in the venue's own words. */
export class RestError extends Error {
  readonly status: number;
  readonly body: unknown;
  constructor(status: number, body: unknown) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
  }
}

/** As Binance says it: `{"code","msg"}`. */
export const binanceError = (code: number, msg: string, status = 400) => new RestError(status, { code, msg });
