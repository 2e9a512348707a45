import { write } from 'node:fs';

/** Our standard output or error. */
export type Output = NodeJS.WriteStream & { readonly fd: number };

/**
 * Resolves when the operating system has the data: the reader sets the pace. Node writes
 * to a terminal with a blocking call, and a terminal that was stopped (Ctrl-S) would stop
 * us with it, until the daemon takes us for gone. So that is left to a thread.
 */
export function written(to: Output, data: string | Uint8Array): Promise<void> {
  return to.isTTY ? onThread(to, Buffer.from(data)) : inTurn(to, data);
}

async function onThread(to: Output, data: Buffer): Promise<void> {
  for (let rest = data; rest.length > 0; ) {
    const taken = await take(to.fd, rest);
    // Another program has made the terminal non-blocking.
    if (taken === undefined) return await inTurn(to, rest);
    rest = rest.subarray(taken);
  }
}

function take(fd: number, data: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    write(fd, data, (error, taken) => {
      if (!error) resolve(taken);
      else if (error.code === 'EAGAIN') resolve(undefined);
      else reject(error);
    });
  });
}

function inTurn(to: Output, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
