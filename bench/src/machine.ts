// What a figure was measured on: it is printed with every table.

import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

/** One line: processor, cores, memory, operating system, Node. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  const vector = instructionSets();
  return `${model}, ${availableParallelism()} cores${vector}, ${gib} GiB, ${platform()}-${arch()}, Node ${process.versions.node}`;
}

function instructionSets(): string {
  try {
    const flags = /^flags\s*:\s*(.*)$/m
      .exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]
      ?.split(' ');
    const known = ['avx2', 'avx512f', 'avx512_bf16', 'avx512_vnni', 'amx_tile'];
    const found = known.filter((flag) => flags?.includes(flag));
    return found.length ? ` (${found.join(', ')})` : '';
  } catch {
    return '';
  }
}
