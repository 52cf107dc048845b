import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { Mail } from '../../shared/db/outbox.ts';

/** A mail as it goes over the wire. */
export interface Composed {
  envelope: { from: string; to: string[] };
  message: Buffer;
}

/**
 * Writes the mail out. Line breaks in a subject can't start a header; images in the HTML become attachments.
 * The Message-ID is derived from the key: whatever became of an attempt, the mail can be recognised.
 */
export async function composeMail(
  mail: Pick<Mail, 'key' | 'subject' | 'body' | 'html' | 'createdAt'>,
  { from, to }: { from: string; to: string[] },
): Promise<Composed> {
  const writer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { envelope, message } = await writer.sendMail({
    from,
    to,
    subject: mail.subject,
    text: mail.body,
    ...(mail.html && { html: mail.html, attachDataUrls: true }),
    date: new Date(mail.createdAt),
    messageId: messageIdOf(mail.key, from),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    envelope: { from: envelope.from || from, to: envelope.to },
    message: message as Buffer,
  };
}

export function messageIdOf(key: string, from: string): string {
  const domain = /@([\w.-]+)/.exec(from)?.[1] ?? 'localhost';
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${domain}>`;
}
