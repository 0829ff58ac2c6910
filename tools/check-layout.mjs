// Every package folder looks like its neighbours, and no source file outgrows one idea.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAX_LINES = 500;
const root = fileURLToPath(new URL('..', import.meta.url));
const required = [
  'README.md',
  'package.json',
  'src',
  'tsconfig.build.json',
  'tsconfig.json',
  'tsup.config.ts',
];
const optional = [
  'fixtures',
  'assembly',
  'CHANGELOG.md',
  'dist',
  '.tsbuild',
  '.turbo',
  'node_modules',
];
const faults = [];

for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name);
  const found = readdirSync(folder);
  for (const entry of required)
    if (!found.includes(entry)) faults.push(`packages/${name}: ${entry} is missing`);
  for (const entry of found) {
    if (![...required, ...optional].includes(entry) && !entry.endsWith('.tsbuildinfo'))
      faults.push(`packages/${name}: ${entry} is not part of a package folder`);
  }
  const index = join(folder, 'src/index.ts');
  if (!existsSync(index)) faults.push(`packages/${name}: src/index.ts is missing`);
  else if (/export \*|export default/.test(readFileSync(index, 'utf8')))
    faults.push(`packages/${name}/src/index.ts: names are exported one by one`);
}

for (const file of ['packages', 'apps', 'bench', 'e2e', 'tools'].flatMap((folder) =>
  sources(join(root, folder)),
)) {
  const lines = readFileSync(file, 'utf8').split('\n').length - 1;
  if (lines > MAX_LINES)
    faults.push(`${file.slice(root.length)}: ${lines} lines, at most ${MAX_LINES}`);
  if (/\/(utils|helpers|common|types|constants)\.ts$/.test(file))
    faults.push(`${file.slice(root.length)}: name the idea, not the drawer`);
}

for (const fault of faults) console.error(fault);
console.log(`layout: ${faults.length} faults`);
process.exitCode = faults.length ? 1 : 0;

function sources(folder) {
  return readdirSync(folder).flatMap((entry) => {
    if (['node_modules', 'dist', '.tsbuild', '.turbo'].includes(entry)) return [];
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.(ts|mjs|cjs|py)$/.test(entry) ? [path] : [];
  });
}
