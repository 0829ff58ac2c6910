// What a person sees while training: one line that rewrites itself on a terminal, a quiet line now and
// then in a log file. Nothing is printed here; the caller passes the function that writes.

export interface Progress {
  readonly step: number;
  readonly steps: number;
  /** What the task wants shown, e.g. `loss 21.30  generator 6.10 (acc 12.1 %)`. */
  readonly shown: string;
  readonly tokensPerSecond: number;
  /** NaN while unknown. */
  readonly secondsLeft: number;
}

export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** A terminal: rewrite the line in place. Otherwise print a new line every `everySeconds`. */
  readonly isTerminal: boolean;
  /** Width of the terminal in characters; 80 when unknown. */
  readonly columns?: () => number | undefined;
  /** Quiet mode: seconds between two lines; the first and the last step are always shown. */
  readonly everySeconds?: number;
  /** Milliseconds; a parameter for tests. */
  readonly now?: () => number;
}

export interface ProgressPrinter {
  show(progress: Progress): void;
  /** Prints a message above the live line. */
  note(text: string): void;
  /** Ends the live line, so that what follows starts on a line of its own. */
  end(): void;
}

/** `step 120/900  13 %  loss 21.30  1,234 tok/s  2:10 left`, without a line end. */
export function formatProgress({ step, steps, shown, ...rate }: Progress): string {
  const width = String(steps).length;
  return [
    `step ${String(step).padStart(width)}/${steps}`,
    `${Math.floor((100 * step) / Math.max(1, steps))} %`.padStart(5),
    shown,
    `${Math.round(rate.tokensPerSecond).toLocaleString('en-US')} tok/s`,
    step < steps ? `${formatDuration(rate.secondsLeft)} left` : 'done',
  ].join('  ');
}

/** `45 s`, `2:10`, `3:04:05` or `4 d 3 h`; `?` while unknown. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24];
  if (days > 0) return `${days} d ${hours} h`;
  const pad = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0
    ? `${hours}:${pad(minutes)}:${pad(whole % 60)}`
    : `${minutes}:${pad(whole % 60)}`;
}

const CLEAR_LINE = '\r\u001b[K';

export function progressPrinter(options: ProgressOptions): ProgressPrinter {
  const { write, isTerminal, columns, everySeconds = 15, now = Date.now } = options;
  let live = '';
  let lastShown = Number.NEGATIVE_INFINITY;
  return {
    show(progress) {
      const line = formatProgress(progress);
      if (isTerminal) {
        // a wrapped line cannot be rewritten, so it is cut at the edge
        live = line.slice(0, Math.max(20, (columns?.() ?? 80) - 1));
        write(`${CLEAR_LINE}${live}`);
      } else if (progress.step >= progress.steps || now() - lastShown >= 1000 * everySeconds) {
        lastShown = now();
        write(`${line}\n`);
      }
    },
    note: (text) => write(live ? `${CLEAR_LINE}${text}\n${live}` : `${text}\n`),
    end() {
      if (live) write('\n');
      live = '';
    },
  };
}
