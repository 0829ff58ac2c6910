// SIGINT, SIGTERM and SIGHUP (the terminal was closed) as an AbortSignal: the first asks the trainer to finish its step
// and save, a second SIGINT within the wait ends the process at once. Installed by an explicit call, removed by `release`.

/** EX_TEMPFAIL: stopped on request, a checkpoint is saved, the same command resumes. */
export const INTERRUPTED_EXIT_CODE = 75;
/** The run diverged: the last good checkpoint is kept. */
export const DIVERGED_EXIT_CODE = 3;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopSignals {
  /** Aborted on the first of them; its reason is the signal's name. */
  readonly signal: AbortSignal;
  release(): void;
}

export function stopSignals(onFirst?: (name: string) => void): StopSignals {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      // 128 + signal number, as a shell reports it; a second SIGTERM is a repeated request, not a harsher one
      if (name === 'SIGINT') process.exit(130);
      return;
    }
    controller.abort(name);
    onFirst?.(name);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
