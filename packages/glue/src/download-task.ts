// The official files of a task, downloaded and verified.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DownloadOptions, downloadFile, writeFileAtomic } from '@alectra/files';
import { microsoftMrpcTest, splitMicrosoftMrpc } from './microsoft-mrpc.js';
import type { GlueTask } from './task.js';

/**
 * Makes sure that the folder holds the task, so that `readSplit` finds it there: its archive, or for MRPC and AX their
 * files. What is there already is verified and kept; MRPC's splits are built from Microsoft's files.
 *
 * Addresses and digests are data (`task.downloads`): for a mirror, pass the task with other addresses.
 *
 * @throws HubError `unreachable`, `not-allowed`, `tampered`, `disk-full`
 */
export async function downloadTask(
  task: GlueTask,
  folder: string,
  options: DownloadOptions = {},
): Promise<void> {
  for (const { path, ...file } of task.downloads)
    await downloadFile(file, join(folder, path), options);
  if (task.name === 'mrpc') await writeMrpc(join(folder, task.folder));
}

async function writeMrpc(folder: string): Promise<void> {
  const read = (name: string): Promise<Buffer> => readFile(join(folder, name));
  const { train, validation } = splitMicrosoftMrpc(
    await read('msr_paraphrase_train.txt'),
    await read('dev_ids.tsv'),
  );
  const test = microsoftMrpcTest(await read('msr_paraphrase_test.txt'));
  await writeFileAtomic(join(folder, 'train.tsv'), train);
  await writeFileAtomic(join(folder, 'dev.tsv'), validation);
  await writeFileAtomic(join(folder, 'test.tsv'), test);
}
