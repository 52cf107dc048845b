/**
 * Writes data to stdout and waits until it is taken, so that a slow reader slows us and nothing is cut at exit.
 * A reader that went away (`| head`) ends the process quietly.
 */
export function writeOut(text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  return new Promise((resolve, reject) => {
    process.stdout.once('error', leaveQuietly);
    process.stdout.write(text, (error) => {
      process.stdout.off('error', leaveQuietly);
      if (error) leaveOrReject(error, reject);
      else resolve();
    });
  });
}

function leaveQuietly(error: NodeJS.ErrnoException) {
  leaveOrReject(error, (reason) => {
    throw reason;
  });
}

function leaveOrReject(error: NodeJS.ErrnoException, reject: (reason: Error) => void) {
  if (error.code === 'EPIPE') process.exit(0);
  reject(error);
}
