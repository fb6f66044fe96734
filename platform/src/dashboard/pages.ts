import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Files of the build whose names carry a hash of what is in them. */
const assetPath = /^\/dashboard\/assets\/([\w-][\w.-]{0,200})$/

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
}

/**
 * What the page may do. Scripts and connections are the platform's own alone. Styles are open: the terminal writes its
 * own into the page, and a style cannot call anybody while images and fonts are closed.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sandyard</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
  body { max-width: 34rem; margin: 18vh auto; padding: 0 1rem }
</style>
<h1>The dashboard is not built</h1>
<p><code>npm start</code> builds it when it has its packages from the npm registry; what kept it from that stands in its
output. <code>node scripts/dashboard.mjs</code> in the platform's folder tries again, and this page is the dashboard then.
The <a href="/api">API</a> and everything else works without it.</p>
</html>
`

/** True when there is a build in the folder. */
export async function isBuilt(folder: string): Promise<boolean> {
  return await isFile(join(folder, 'index.html'))
}

/** Answers a GET or HEAD below `/dashboard` with the build in `folder`: a file of it, or the page for every other path. */
export async function answerPages(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split(/[?#]/, 1)[0] ?? ''
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    end(response, 405, 'Method not allowed', { allow: 'GET, HEAD' })
  } else if (path.startsWith('/dashboard/assets/')) {
    await answerAsset(folder, assetPath.exec(path)?.[1], request, response)
  } else {
    await answerPage(folder, request, response)
  }
}

async function answerPage(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => null)
  const headers = {
    ...commonHeaders,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': page === null ? "default-src 'none'; style-src 'unsafe-inline'" : policy,
  }
  response.writeHead(page === null ? 503 : 200, headers)
  response.end(request.method === 'HEAD' ? undefined : (page ?? notBuilt))
}

async function answerAsset(
  folder: string,
  name: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const type = types[extname(name ?? '')]
  const found = name === undefined || type === undefined ? null : await choose(join(folder, 'assets', name), request)
  if (found === null) {
    end(response, 404, 'There is no such file; the dashboard has been built anew since the page was loaded')
    return
  }
  const headers = { ...commonHeaders, 'content-type': type, vary: 'Accept-Encoding' }
  response.writeHead(200, {
    ...headers,
    'cache-control': 'public, max-age=31536000, immutable',
    'content-length': found.sizeBytes,
    ...(found.encoding === null ? {} : { 'content-encoding': found.encoding }),
  })
  if (request.method === 'HEAD') response.end()
  // Who goes away in the middle is no fault of ours.
  else await pipeline(createReadStream(found.file), response).catch(() => response.destroy())
}

/** The file, or the compressed one beside it that the browser takes. */
async function choose(file: string, request: IncomingMessage) {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const forms = [
    { ending: '.br', encoding: 'br', isTaken: /\bbr\b/.test(accepted) },
    { ending: '.gz', encoding: 'gzip', isTaken: /\bgzip\b/.test(accepted) },
    { ending: '', encoding: null, isTaken: true },
  ]
  for (const { ending, encoding, isTaken } of forms) {
    if (!isTaken) continue
    const found = await stat(file + ending).catch(() => null)
    if (found?.isFile() === true) return { file: file + ending, sizeBytes: found.size, encoding }
  }
  return null
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() === true
}

function end(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...commonHeaders, 'content-type': 'text/plain; charset=utf-8', ...headers })
  response.end(`${text}\n`)
}
