import { SMTPServer } from 'smtp-server';

/**
 * A real SMTP server as a process of its own, for tests. It tells its parent `{ port }` and then every mail that it
 * took, `{ mail: { to, text } }`. A message `{ mode }` from the parent says what becomes of the next ones: `accept`,
 * `busy` (451), `refuse` (550), or `vanish`: it takes the mail and cuts the line before it answers.
 */
let mode = 'accept';
process.on('message', (message) => {
  mode = message.mode;
  process.send({ mode });
});
process.on('disconnect', () => process.exit(0));

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData(stream, session, callback) {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      if (mode === 'busy') return callback(Object.assign(new Error('busy'), { responseCode: 451 }));
      if (mode === 'refuse') return callback(Object.assign(new Error('no such mail'), { responseCode: 550 }));
      const to = session.envelope.rcptTo.map(({ address }) => address);
      process.send({ mail: { to, text: Buffer.concat(chunks).toString() } });
      if (mode !== 'vanish') return callback();
      for (const connection of server.connections) connection._socket.destroy();
    });
  },
});
server.on('error', () => {});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  process.send({ port: server.server.address().port }),
);
