import { createHash } from 'node:crypto'

/** A page of ours for a person. */
export interface Page {
  readonly html: string
  /** header lines that go with it */
  readonly headers: Readonly<Record<string, string>>
}

/** What stands on a page; everything is text and is escaped here. */
export interface PageContent {
  readonly title: string
  /** what has happened, one paragraph */
  readonly lead: string
  /** what can be done about it */
  readonly advice?: readonly string[]
  /** ways on, in one line with these words before them */
  readonly links?: { readonly label: string; readonly items: readonly PageLink[] }
  /** a button that posts to `action` of the same host */
  readonly button?: { readonly text: string; readonly action: string }
  /** what was wrong with what was sent before */
  readonly fault?: string
  readonly form?: PageForm
  /** small print, such as the code */
  readonly note: string
  /** something is under way: the page loads itself anew after so many seconds */
  readonly refreshS?: number
}

/** A form that posts to the same host. */
export interface PageForm {
  readonly action: string
  readonly fields: readonly {
    readonly name: string
    readonly label: string
    readonly type: 'text' | 'password'
    readonly autocomplete: string
  }[]
  readonly submit: string
  /** origin that the answer to it leads to: browsers ask for that too */
  readonly leadsTo: string
}

/** A way on from a page. */
export interface PageLink {
  readonly text: string
  readonly href: string
}

const style = `
:root{color-scheme:light dark;--ink:#1d2327;--soft:#5b666d;--paper:#f6f5f1;--card:#fff;--line:#dedbd2;--mark:#b4531f}
@media(prefers-color-scheme:dark){:root{--ink:#e9e6df;--soft:#a2a9ab;--paper:#15181a;--card:#1e2224;--line:#343a3d;--mark:#e08a52}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);border-top:4px solid var(--mark);border-radius:8px;padding:1.75rem 1.5rem}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .6rem}
p,ul{margin:.6rem 0;overflow-wrap:anywhere}
ul,.soft{color:var(--soft)}
ul{padding-left:1.2rem}
a{color:var(--mark)}
nav a{display:inline-block;margin:.15rem .35rem .15rem 0;padding:.1rem .6rem;border:1px solid var(--line);border-radius:6px;text-decoration:none}
button{font:inherit;padding:.55rem 1.1rem;border:0;border-radius:6px;background:var(--mark);color:var(--card);cursor:pointer}
form{margin:1rem 0}
label{display:block;margin:.7rem 0;color:var(--soft)}
input{display:block;width:100%;margin-top:.2rem;padding:.5rem .6rem;font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:6px}
.fault{color:var(--mark);font-weight:600}
small{display:block;margin-top:1.25rem;padding-top:.8rem;border-top:1px solid var(--line);color:var(--soft)}
.bar{height:4px;border-radius:2px;background:var(--line);overflow:hidden;margin:1.1rem 0}
.bar i{display:block;width:35%;height:100%;background:var(--mark);animation:go 1.4s ease-in-out infinite alternate}
@keyframes go{to{margin-left:65%}}
@media(prefers-reduced-motion:reduce){.bar i{animation:none;width:100%;opacity:.5}}
`

const styleHash = createHash('sha256').update(style).digest('base64')

/** Puts content into the one design of all our pages: no script, nothing from outside. */
export function renderPage(content: PageContent): Page {
  const { title, lead, advice = [], links, button, fault, form, note, refreshS } = content
  const parts = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>${escapeHtml(sentence(lead))}</p>`,
    ...(refreshS === undefined ? [] : ['<div class="bar" role="progressbar" aria-label="Under way"><i></i></div>']),
    ...renderAdvice(advice),
    ...(fault === undefined ? [] : [`<p class="fault" role="alert">${escapeHtml(sentence(fault))}</p>`]),
    ...(form === undefined ? [] : [renderForm(form)]),
    ...(links === undefined || links.items.length === 0 ? [] : [renderLinks(links)]),
    ...(button === undefined ? [] : [renderButton(button)]),
    `<small>${escapeHtml(note)}</small>`,
  ]
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<main>
${parts.join('\n')}
</main>
</html>
`
  const isPosted = button !== undefined || form !== undefined
  const forms = isPosted ? `'self' ${form?.leadsTo ?? ''}`.trim() : "'none'"
  const headers: Record<string, string> = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action ${forms}; frame-ancestors ${form === undefined ? "'self'" : "'none'"}`,
    // A form that is posted must say where it comes from.
    'Referrer-Policy': isPosted ? 'same-origin' : 'no-referrer',
    'X-Robots-Tag': 'noindex',
  }
  if (refreshS !== undefined) headers.Refresh = String(refreshS)
  return { html, headers }
}

function renderAdvice(advice: readonly string[]): string[] {
  const [first, ...more] = advice.map(escapeHtml)
  if (first === undefined) return []
  if (more.length === 0) return [`<p class="soft">${first}</p>`]
  return [`<ul>${[first, ...more].map((text) => `<li>${text}</li>`).join('')}</ul>`]
}

function renderLinks({ label, items }: NonNullable<PageContent['links']>): string {
  const all = items.map(({ text, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`)
  return `<nav>${label === '' ? '' : `<p>${escapeHtml(label)}</p>`}${all.join('')}</nav>`
}

function renderForm({ action, fields, submit }: PageForm): string {
  const inputs = fields.map(({ name, label, type, autocomplete }) => {
    const attributes = `name="${name}" type="${type}" autocomplete="${autocomplete}" required`
    return `<label>${escapeHtml(label)}<input ${attributes}></label>`
  })
  return `<form method="post" action="${escapeHtml(action)}">${inputs.join('')}<button>${escapeHtml(submit)}</button></form>`
}

function renderButton({ text, action }: NonNullable<PageContent['button']>): string {
  return `<form method="post" action="${escapeHtml(action)}"><button>${escapeHtml(text)}</button></form>`
}

/** Messages for programs have no full stop. */
function sentence(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
