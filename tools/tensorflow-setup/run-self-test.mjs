// Loads the addon in a process of its own: an addon that crashes must not take the message with it.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SetupError } from './setup-error.mjs';

/** @returns { tensorflow: version, device } */
export async function runSelfTest(folder) {
  const script = fileURLToPath(new URL('./self-test.cjs', import.meta.url));
  const child = spawn(process.execPath, [script, folder], {
    env: { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const [code, signal] = await new Promise((resolve) =>
    child.on('close', (...end) => resolve(end)),
  );
  const line = output.split('\n').find((text) => text.startsWith('{'));
  if (code === 0 && line) return JSON.parse(line);
  throw new SetupError(
    `the addon was built but does not work (${signal ?? `exit ${code}`}).\n${errors.trim().split('\n').slice(-12).join('\n')}`,
    'A library that cannot be opened: reinstall the wheel. "Illegal instruction": this wheel wants a newer CPU.',
  );
}
