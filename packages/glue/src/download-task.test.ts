import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { folderWith } from './data-folder.test-support.js';
import { downloadTask } from './download-task.js';
import { readSplit } from './read-split.js';
import type { GlueTask } from './task.js';
import { glueTasks } from './tasks.js';
import { zipBytes } from './write-zip.js';

// Files are slow on a busy machine.
jest.setTimeout(30_000);

const head = '\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n';
const files = new Map<string, Buffer>([
  ['msr_paraphrase_train.txt', Buffer.from(`${head}1\t1\t2\ta\tb\n0\t3\t4\tc\td\n`)],
  ['msr_paraphrase_test.txt', Buffer.from(`${head}1\t5\t6\te\tf\n`)],
  ['dev_ids.tsv', Buffer.from('3\t4\n')],
]);
let server: Server;
let asked = 0;

beforeAll(async () => {
  files.set(
    'RTE.zip',
    await zipBytes([['RTE/train.tsv', Buffer.from('index\tsentence1\tsentence2\tlabel\n')]]),
  );
  server = createServer((request, response) => {
    asked++;
    const content = files.get((request.url ?? '').slice(1));
    response.writeHead(content ? 200 : 404).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
});

/** The task, published by the server of this test. */
function local(task: GlueTask, change: object = {}): GlueTask {
  const { port } = server.address() as AddressInfo;
  const downloads = task.downloads.map(({ path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const bytes = files.get(name) ?? Buffer.alloc(0);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const url = `http://127.0.0.1:${port}/${name}`;
    return { path, url, sha256, byteLength: bytes.length, ...change };
  });
  return { ...task, downloads };
}

describe('downloadTask', () => {
  const patient = { attempts: 1, retryMs: 1 };

  test('brings an archive that is read where it lies, once', async () => {
    const folder = folderWith({});
    const task = local(glueTasks.rte);
    await downloadTask(task, folder, patient);
    expect(await readSplit(folder, task, 'train', { anySize: true })).toEqual([]);
    asked = 0;
    await downloadTask(task, folder, patient);
    expect(asked).toBe(0);
  });

  test('writes the splits of MRPC', async () => {
    const folder = folderWith({});
    await downloadTask(local(glueTasks.mrpc), folder, patient);
    const text = (name: string): string => readFileSync(join(folder, 'MRPC', name), 'utf8');
    expect(text('train.tsv')).toBe(`${head}1\t1\t2\ta\tb\n`);
    expect(text('dev.tsv')).toBe(`${head}0\t3\t4\tc\td\n`);
    expect(text('test.tsv')).toBe('index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t5\t6\te\tf\n');
  });

  test('keeps nothing that is not what was published', async () => {
    const folder = folderWith({});
    const task = local(glueTasks.rte, { sha256: '0'.repeat(64) });
    await expect(downloadTask(task, folder, patient)).rejects.toMatchObject({ code: 'tampered' });
    await expect(readSplit(folder, task, 'train')).rejects.toMatchObject({ code: 'missing' });
  });
});
