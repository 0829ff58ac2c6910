import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { gatherMarkdown } from './gather-markdown.js';
import { inTemporaryFolder } from './test-support.js';

const ONE = 'This is the first paragraph that is in the text of the page.';
const TWO = 'This is the second paragraph that is in the text of the page.';

test('gatherMarkdown takes each paragraph where it first stands, in the order of paths', () =>
  inTemporaryFolder(async (folder) => {
    await mkdir(join(folder, 'b'));
    await mkdir(join(folder, 'a/nested'), { recursive: true });
    await mkdir(join(folder, '.git'));
    await writeFile(join(folder, 'b/README.md'), `${ONE}\n\n${TWO}`);
    await writeFile(
      join(folder, 'a/nested/guide.MDX'),
      `# Title\n\n${ONE}\n\n\`\`\`\n${TWO}\n\`\`\``,
    );
    await writeFile(join(folder, 'a/LICENSE.md'), TWO);
    await writeFile(join(folder, 'a/notes.txt'), TWO);
    await writeFile(join(folder, 'a/empty.md'), '# Only a title\n');
    await writeFile(join(folder, 'a/huge.md'), `${TWO}\n\n`.repeat(100));
    await writeFile(join(folder, '.git/x.md'), TWO);
    await symlink(join(folder, 'b'), join(folder, 'c'));
    const found = await gatherMarkdown([folder], { maxFileBytes: 1000 });
    expect(found).toEqual({
      documents: [
        { id: join(folder, 'a/nested/guide.MDX'), text: ONE },
        { id: join(folder, 'b/README.md'), text: TWO },
      ],
      files: 4,
      filesWithProse: 2,
      filesTooLarge: 1,
      bytesRead: expect.any(Number),
      bytesKept: ONE.length + TWO.length,
      paragraphs: 2,
      duplicateParagraphs: 1,
    });
    await expect(gatherMarkdown([join(folder, 'none')])).rejects.toThrow(/ENOENT/);
  }));
