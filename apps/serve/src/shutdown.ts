// SIGTERM and SIGINT: no new requests, those under way finish, then the process ends; a second signal ends it at once.

import type { FastifyInstance } from 'fastify';

export function closeOnSignals(app: FastifyInstance, graceSeconds: number): void {
  let isClosing = false;
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    process.on(signal, () => {
      if (isClosing) process.exit(code);
      isClosing = true;
      app.log.info({ signal, graceSeconds }, 'closing');
      // beyond the grace whatever is still under way is given up
      setTimeout(() => process.exit(1), 1000 * graceSeconds).unref();
      app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          app.log.error({ err: error }, 'could not close');
          process.exit(1);
        },
      );
    });
  }
}
