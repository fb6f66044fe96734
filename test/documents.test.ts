import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '..')

interface Page {
  /** relative to the project */
  readonly file: string
  readonly text: string
  /** the text without blocks of code */
  readonly prose: string
}

const pages: readonly Page[] = globSync(
  ['*.md', 'docs/**/*.md', 'sdk/*.md', 'opencode/*.md', 'dashboard/*.md', 'examples/*/*.md'],
  {
    cwd: root,
  },
).map(readPage)
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts

test('the pages that a project has are there', () => {
  const names = pages.map(({ file }) => file)
  for (const name of ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md']) {
    assert.ok(names.includes(name), `${name} is missing`)
  }
  assert.ok(existsSync(join(root, 'LICENSE')))
})

test('relative links lead to files and headings that exist', () => {
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => !leadsSomewhere(page, link))
      .map(say(page)),
  )
  assert.deepEqual(broken, [])
})

test('files that are named in the documents exist', () => {
  const part =
    /^(?:protocol|server|gateway|engine|agent|platform|sdk|cli|mcp|dashboard(?!\/dist)|opencode(?=\/src)|examples|test|bench|docs|scripts)\/[\w./-]*$/
  const missing = pages.flatMap((page) =>
    [...page.prose.matchAll(/`([^`\n]+)`/g)]
      .map((match) => match[1] ?? '')
      .filter((name) => part.test(name) && !existsSync(join(root, name)))
      .map(say(page)),
  )
  assert.deepEqual(missing, [])
})

test('scripts that are named in the documents exist', () => {
  const missing = pages.flatMap((page) =>
    [...page.text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
      .map((match) => match[1] ?? match[2] ?? '')
      .filter((name) => scripts[name] === undefined)
      .map(say(page)),
  )
  assert.deepEqual(missing, [])
})

test('every decision has a number of its own and is listed', () => {
  const files = globSync('docs/decisions/[0-9]*.md', { cwd: root }).map((file) => basename(file))
  const numbers = files.map((file) => file.slice(0, 4))
  assert.deepEqual(
    numbers.filter((number, index) => numbers.indexOf(number) !== index),
    [],
  )
  const list = pages.find(({ file }) => file === 'docs/decisions/README.md')
  assert.deepEqual(
    files.filter((file) => list?.text.includes(`(${file})`) !== true),
    [],
  )
})

test('the guide for contributors stays short', () => {
  const guide = pages.find(({ file }) => file === 'CONTRIBUTING.md')
  assert.ok((guide?.text.split('\n').length ?? 0) < 120)
})

function readPage(file: string): Page {
  const text = readFileSync(join(root, file), 'utf8')
  return { file, text, prose: text.replaceAll(/^```.*?^```$/gms, '') }
}

function linksOf({ prose }: Page): string[] {
  return [...prose.matchAll(/\]\(([^()\s]+)\)|(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? match[2] ?? '')
}

function leadsSomewhere(page: Page, link: string): boolean {
  if (/^(https?|mailto):/.test(link)) return true
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page.file : relative(root, resolve(root, dirname(page.file), path))
  if (target.startsWith('..') || !existsSync(join(root, target))) return false
  return anchor === undefined || anchorsOf(readPage(target)).includes(anchor)
}

/** As web pages of repositories make them from headings. */
function anchorsOf({ prose }: Page): string[] {
  return [...prose.matchAll(/^#+ +(.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

function say({ file }: Page): (what: string) => string {
  return (what) => `${file}: ${what}`
}
