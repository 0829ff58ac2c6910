// Who wrote this file, and does that process still run?
//
// A process id alone is reused, and means nothing in another container or on another machine. So an
// identity holds the id, the start time of the process, and the place in which the id counts: machine,
// boot and process-id namespace. Only within the same place is "no such process" a proof.

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly host: string;
  /** Digest of machine, boot and process-id namespace, 12 hexadecimal digits. */
  readonly place: string;
  /** Digest of machine and boot alone: changes when the machine is started again. */
  readonly boot: string;
  readonly pid: number;
  /** Start time in the system's own unit, empty where it cannot be read. */
  readonly started: string;
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  const machine = `${hostname()}\n${readOr('/etc/machine-id')}`;
  const boot = readOr('/proc/sys/kernel/random/boot_id');
  return {
    host: hostname(),
    place: digest(`${machine}\n${boot}\n${readLinkOr('/proc/self/ns/pid')}`),
    boot: digest(`${machine}\n${boot}`),
    pid: process.pid,
    started: startTime(process.pid),
  };
}

/**
 * Whether the process of `identity` runs: `unknown` when it belongs to another machine or container.
 *
 * A process of the same machine from before its last start is `dead`.
 */
export function lifeOf(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  const here = thisProcess();
  if (identity.place !== here.place) {
    return identity.host === here.host && identity.boot !== here.boot ? 'dead' : 'unknown';
  }
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: it runs, under another user
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  const started = startTime(identity.pid);
  return identity.started === '' || started === '' || started === identity.started
    ? 'alive'
    : 'dead';
}

// Field 22 of /proc/<pid>/stat, counted after the command name, which may hold blanks and brackets.
function startTime(pid: number): string {
  const stat = readOr(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return ''; // not Linux, or not readable: the identity is coarser
  }
}

function readLinkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
