import { canMail } from '../../shared/config.ts';
import {
  findMail,
  lockMail,
  type Mail,
  saveMailError,
  saveMailSending,
  saveMailSent,
} from '../../shared/db/outbox.ts';
import { RejectError, RetryError } from '../../shared/errors.ts';
import type { Handler, TaskContext } from '../context.ts';
import { composeMail } from './compose-mail.ts';
import { deliver } from './deliver.ts';

const IN_HAND = 'another worker has this mail in hand';

/**
 * Sends one mail of the outbox: exactly once, save for one stretch that SMTP leaves open.
 *
 * A mail is `waiting` until its last byte is about to leave; whatever dies before that, it is sent again. From then
 * until the server's answer is committed it is `sending`. A process that dies there, or an answer that never comes,
 * leaves open whether the server took it: such a mail is not sent again but ends as `failed` with that reason, for a
 * second mail about one signal would be worse than one to look up. The Message-ID, made from the key, finds it.
 * Without `SMTP_URL` or `MAIL_TO` mail stays `waiting`.
 * The lock spares a second sender the work; the move to `sending` is what only one can make.
 * @throws {RetryError} when the server is away or refuses for now
 */
export const sendMail: Handler<'send_mail'> = async ({ outboxId }, context) => {
  if (!canMail(context.config)) return { state: 'waiting' };
  return context.sql.begin(async (tx) => {
    if (!(await lockMail(tx, outboxId))) throw new RetryError(IN_HAND);
    const mail = await findMail(tx, outboxId);
    if (!mail) throw new RejectError(`there is no mail ${outboxId}`, 'outboxId');
    if (mail.state === 'waiting') return { state: await send(mail, context) };
    if (mail.state === 'sending') return { state: await giveUp(mail, context, 'the sender died') };
    return { state: mail.state };
  });
};

async function send(mail: Mail, context: TaskContext): Promise<Mail['state']> {
  const { sql, config, signal } = context;
  const composed = await composeMail(mail, { from: config.MAIL_FROM, to: config.MAIL_TO });
  let from: 'waiting' | 'sending' = 'waiting';
  const claim = async () => {
    if (!(await saveMailSending(sql, mail.id))) throw new RetryError(IN_HAND);
    from = 'sending';
  };
  const delivery = await deliver(config.SMTP_URL as string, composed, claim, signal);
  if (delivery.outcome === 'unknown') return giveUp(mail, context, delivery.reason);
  if (delivery.outcome === 'accepted') {
    await saveMailSent(sql, mail.id, delivery.note);
    return 'sent';
  }
  const to = delivery.forGood ? 'failed' : 'waiting';
  await saveMailError(sql, mail.id, { from, to, error: delivery.reason });
  if (!delivery.forGood) throw new RetryError(`mail ${mail.id} is not sent yet: ${delivery.reason}`);
  context.log.error({ mail: mail.id, reason: delivery.reason }, 'mail refused for good');
  return 'failed';
}

async function giveUp(mail: Mail, { sql, log }: TaskContext, reason: string): Promise<Mail['state']> {
  log.error({ mail: mail.id, reason }, 'mail may have been sent, it is not sent again');
  const error = `it may have been sent: ${reason} before the server's answer was kept`;
  await saveMailError(sql, mail.id, { from: 'sending', to: 'failed', error });
  return 'failed';
}
