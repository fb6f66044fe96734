import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const source = resolve(import.meta.dirname, '..')

test('a class has its looks in one file: files are loaded in the order in which pages are opened', () => {
  const places = new Map<string, Set<string>>()
  for (const file of globSync('**/*.css', { cwd: source })) {
    const text = readFileSync(join(source, file), 'utf8').replace(/\/\*.*?\*\//gs, '')
    // A rule for the class alone, with no other that says where.
    for (const [, name = ''] of text.matchAll(/(?<=^|[},{;])\s*\.([a-z-]+)(?=\s*[,{])/g)) {
      places.set(name, (places.get(name) ?? new Set()).add(file))
    }
  }
  assert.ok(places.has('page') && places.has('tag'), 'rules are found')
  const twice = [...places].filter(([, files]) => files.size > 1).map(([name, files]) => `${name}: ${[...files]}`)
  assert.deepEqual(twice, [])
})
