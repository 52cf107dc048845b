import { Readable } from 'node:stream';
import { parseConnectionUrl } from 'nodemailer/lib/shared';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Composed } from './compose-mail.ts';

const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** What came of an attempt. `unknown`: all of the message was handed over and the answer never came. */
export type Delivery =
  | { outcome: 'accepted'; note: string | null }
  | { outcome: 'refused'; forGood: boolean; reason: string }
  | { outcome: 'unknown'; reason: string };

/**
 * Hands one message to the server of `url`. `beforeEnd` runs, and is waited for, before the last byte leaves: until
 * then the server can't have accepted the message, whatever dies. Its error ends the attempt and is thrown on.
 */
export async function deliver(
  url: string,
  { envelope, message }: Composed,
  beforeEnd: () => Promise<void>,
  signal: AbortSignal,
): Promise<Delivery> {
  const options = parseConnectionUrl(url);
  const connection = new SMTPConnection({ ...options, ...TIMEOUTS });
  let handedOver = false;
  let heldBack: { error: unknown } | undefined;
  async function* chunks() {
    yield message.subarray(0, -1);
    await beforeEnd().catch((error) => {
      heldBack = { error };
      throw error;
    });
    handedOver = true;
    yield message.subarray(-1);
  }
  const body = Readable.from(chunks());
  const over = new AbortController();
  try {
    const info = await new Promise<SMTPConnection.SentMessageInfo>((resolve, reject) => {
      const done = (error: Error | null, sent?: SMTPConnection.SentMessageInfo) =>
        error || !sent ? reject(error) : resolve(sent);
      const send = () => connection.send(envelope, body, done);
      connection.once('error', reject);
      connection.once('end', () => reject(new Error('the server closed the connection')));
      body.once('error', reject);
      signal.addEventListener('abort', () => reject(new Error('interrupted')), { signal: over.signal });
      connection.connect((error) => {
        if (error) reject(error);
        else if (options.auth) connection.login(options.auth, (denied) => (denied ? reject(denied) : send()));
        else send();
      });
    });
    const refused = info.rejected.map(String).join(', ');
    return { outcome: 'accepted', note: refused ? `refused for ${refused}` : null };
  } catch (error) {
    if (heldBack) throw heldBack.error;
    return judge(error as SMTPConnection.SMTPError, handedOver);
  } finally {
    over.abort();
    body.destroy();
    // What goes wrong after the answer changes nothing any more.
    connection.on('error', () => {});
    connection.close();
  }
}

/** An answer of the server is a plain refusal; without one it counts how much it had. */
function judge(error: SMTPConnection.SMTPError, handedOver: boolean): Delivery {
  const reason = error.message;
  const { code, responseCode } = error;
  if (responseCode === undefined && handedOver) return { outcome: 'unknown', reason };
  const aboutThisMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  return { outcome: 'refused', forGood: aboutThisMail && (responseCode ?? 0) >= 500, reason };
}
