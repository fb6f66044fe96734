import { errorTable } from '@sandyard/protocol'

/** The error table as the page `docs/reference/errors.md`. */
export function errorsPage(): string {
  const lines = [
    '# Errors',
    '',
    'A failed call answers with a body that carries one of these as `code`. This page is made from',
    '`protocol/src/errors.ts` by `npm run docs`.',
    '',
    '| Code | HTTP status | Meaning |',
    '|---|---|---|',
  ]
  for (const [code, row] of Object.entries(errorTable)) lines.push(`| \`${code}\` | ${row.status} | ${row.meaning} |`)
  return `${lines.join('\n')}\n`
}
