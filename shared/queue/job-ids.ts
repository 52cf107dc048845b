/**
 * Job ids of tasks that more than one place enqueues: while a job of an id is kept, another is not added, so a signal
 * or a mail that is sent on twice is in the queue once.
 */
export const executionJobId = (signalId: number): string => `signal-${signalId}-execute`;

export const mailJobId = (outboxId: number): string => `mail-${outboxId}`;
