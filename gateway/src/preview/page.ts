import { createHash } from 'node:crypto'
import type { ErrorBody } from '@sandyard/protocol'

/** A page that tells a person why there is no preview. */
export interface Page {
  readonly html: string
  /** header lines that go with it */
  readonly headers: Readonly<Record<string, string>>
}

/** A way on from the page. */
export interface PageLink {
  readonly text: string
  readonly href: string
}

const titles: Readonly<Record<string, string>> = {
  UNAUTHORIZED: 'This preview is private',
  NOT_FOUND: 'There is no such preview',
  CONFLICT: 'This sandbox is not running',
  SERVICE_UNAVAILABLE: 'This sandbox is on its way',
  BAD_GATEWAY: 'Nothing answers on this port',
  REQUEST_GATEWAY_TIMEOUT: 'The sandbox does not answer',
}

const style = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:18vh auto 0;padding:0 1.5rem}
h1{font-size:1.5rem;margin:0 0 .5rem}
p{margin:.5rem 0;overflow-wrap:anywhere}
small{opacity:.6}
`

const styleHash = createHash('sha256').update(style).digest('base64')

/** The page for an error; `links` lead to other ports that answer. */
export function renderPage(error: ErrorBody, links: readonly PageLink[]): Page {
  const list = links.map(({ text, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`).join(', ')
  const title = escapeHtml(titles[error.code] ?? 'Something went wrong')
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${style}</style>
<h1>${title}</h1>
<p>${escapeHtml(error.message)}</p>
${list === '' ? '' : `<p>These ports answer: ${list}</p>`}
<p><small>${error.statusCode} ${escapeHtml(error.code)}</small></p>
</html>
`
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`
  const headers: Record<string, string> = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'Referrer-Policy': 'no-referrer',
  }
  if (error.code === 'SERVICE_UNAVAILABLE') headers.Refresh = '2'
  return { html, headers }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
