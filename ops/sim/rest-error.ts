/** A refusal in Binance's words: HTTP status and body `{"code","msg"}`. */
export class RestError extends Error {
  readonly status: number;
  readonly code: number;
  constructor(code: number, msg: string, status = 400) {
    super(msg);
    this.status = status;
    this.code = code;
  }
}
