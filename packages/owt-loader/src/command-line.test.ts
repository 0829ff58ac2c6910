import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { commandLine } from './command-line.js';
import { FIXTURES, inTemporaryFolder, someDocuments } from './test-support.js';

jest.setTimeout(240_000); // a busy machine

const FORMATS = join(FIXTURES, 'formats');

async function run(...args: string[]): Promise<{ out: string; error: string }> {
  const result = { out: '', error: '' };
  const program = commandLine({
    out: (text) => {
      result.out += text;
    },
    error: (text) => {
      result.error += text;
    },
  }).exitOverride();
  for (const command of program.commands) command.exitOverride();
  await program.parseAsync(['node', 'alectra-shards', ...args]);
  return result;
}

/** A vocabulary that knows letters and a few words. */
async function vocabulary(folder: string): Promise<string> {
  const path = join(folder, 'vocab.txt');
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789.'];
  const pieces = [
    '[PAD]',
    '[UNK]',
    '[CLS]',
    '[SEP]',
    '[MASK]',
    ...letters,
    ...letters.map((l) => `##${l}`),
  ];
  await writeFile(path, `${[...pieces, 'the', 'river', 'stone'].join('\n')}\n`);
  return path;
}

describe('alectra-shards', () => {
  test('builds, verifies, counts, shows and converts', () =>
    inTemporaryFolder(async (folder) => {
      const vocab = await vocabulary(folder);
      const input = join(folder, 'text.jsonl');
      const lines = Array.from(someDocuments(30), ({ text }) => JSON.stringify({ text }));
      await writeFile(input, lines.join('\n'));
      const shards = join(folder, 'shards');

      const flags = ['--vocab', vocab, '--length', '64', '--workers', '0', '--held-out', '0.2'];
      const built = await run('build', input, '-o', shards, ...flags);
      expect(built.error).toMatch(/^found: JSON lines file, [\d.]+ kB\n/);
      const report = JSON.parse(built.out) as { rows: Record<string, number>; fingerprint: string };
      expect(report.rows.train).toBeGreaterThan(20);
      expect(report.rows.validation).toBeGreaterThan(0);

      expect(JSON.parse((await run('verify', shards)).out)).toMatchObject({
        shards: 2,
        faults: [],
      });
      expect(JSON.parse((await run('stat', shards)).out)).toMatchObject({
        fingerprint: report.fingerprint,
        configuration: {
          vocabularySize: 82,
          builder: 'carry',
          special: { pad: 0, cls: 2, sep: 3 },
        },
        splits: { train: { rows: report.rows.train } },
      });
      expect(JSON.parse((await run('stat', input)).out)).toMatchObject({
        documents: 30,
        duplicates: 0,
      });
      const [first] = (await run('head', shards, '-n', '2')).out.trim().split('\n');
      expect(JSON.parse(first ?? '')).toMatchObject({ document: 0 });

      const records = join(folder, 'records');
      expect(JSON.parse((await run('convert', shards, records, '--files', '3')).out)).toEqual({
        examples: report.rows.train,
      });
      const again = join(folder, 'again');
      await run('convert', records, again, '--vocab', vocab);
      const row = (await run('head', again, '-n', '1')).out;
      expect(JSON.parse(row)).toEqual(JSON.parse(first ?? ''));
    }));

  test('reads raw archives', async () => {
    const stat = await run('stat', join(FORMATS, 'openwebtext.tar.xz'));
    expect(stat.error).toBe('found: xz of tar, 5.9 kB\n');
    expect(JSON.parse(stat.out)).toMatchObject({ documents: 30, duplicates: 0 });
    const head = await run('head', join(FORMATS, 'frames.jsonl.zst'), '-n', '1');
    expect(JSON.parse(head.out)).toHaveProperty('text');
  });

  test('says what is wrong', () =>
    inTemporaryFolder(async (folder) => {
      const input = join(FORMATS, 'lines.jsonl');
      const output = join(folder, 'out');
      await expect(run('build', input, '-o', output)).rejects.toThrow(/no vocabulary given/);
      await expect(run('build', input, '-o', output, '--length', 'x')).rejects.toThrow(
        /expected an integer/,
      );
      await expect(run('build', input, '-o', output, '--builder', 'x')).rejects.toThrow(
        /Allowed choices are/,
      );
      await expect(run('build', 'hf://nothing', '-o', output)).rejects.toThrow(
        /expected hf:\/\/datasets/,
      );
      await expect(run('verify', folder)).rejects.toThrow(/not a finished folder of shards/);
    }));
});
