// Names of models as they stand in URLs: `org/name`, by the Hugging Face hub's rules. Names are only ever looked up
// in the catalogue; no path is made of them.

const PART = /^[A-Za-z0-9_](?:[\w.-]{0,94}[\w-])?$/;

/** Whether `org` and `name` may name a model: 1 to 96 of `A-Za-z0-9_.-`, no `..` or `--`, no dot at the ends. */
export function isModelId(id: string): boolean {
  const parts = id.split('/');
  return parts.length === 2 && parts.every(isModelIdPart);
}

export function isModelIdPart(part: string): boolean {
  return (
    PART.test(part) && !part.includes('..') && !part.includes('--') && !/\.(git|ipynb)$/.test(part)
  );
}

/** The name nearest to `text` that may stand in a model id: other characters become a hyphen. */
export function modelIdPart(text: string): string {
  const cleaned = text
    .replace(/[^\w.-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/-{2,}/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 90);
  const part = cleaned.replace(/\.(git|ipynb)$/, '').replace(/[.-]+$/, '');
  return isModelIdPart(part) ? part : 'model';
}
