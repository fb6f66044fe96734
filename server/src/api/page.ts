import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Api } from './mount.ts'

const folder = join(import.meta.dirname, 'page')

/** Files of the page that shows the API, by the path that they are served at. */
const files = {
  '/api': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/api/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/api/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/api/page-make.js': { file: 'page-make.js', type: 'text/javascript; charset=utf-8' },
  '/api/page-schema.js': { file: 'page-schema.js', type: 'text/javascript; charset=utf-8' },
  '/api/page-try.js': { file: 'page-try.js', type: 'text/javascript; charset=utf-8' },
} as const

/** The page asks this platform and nobody else, and runs nothing that did not come with it. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
}

/** Adds the page. Its files are read when they are asked for. */
export function addPage(api: Pick<Api, 'page'>): void {
  for (const [path, { file, type }] of Object.entries(files)) {
    api.page(
      path,
      async () => new Response(await readFile(join(folder, file)), { headers: { ...headers, 'content-type': type } }),
    )
  }
}
