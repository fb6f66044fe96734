import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { apiRoutes } from './rows.ts'

test('each row of each area is in the table, under a name of its own', async () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^(?!rows\.)[\w-]+\.ts$/.test(name))
  const modules: Readonly<Record<string, object>>[] = await Promise.all(files.map((file) => import(`./${file}`)))
  const areas = modules.flatMap((module) => Object.entries(module)).filter(([name]) => name.endsWith('Routes'))
  const names = areas.flatMap(([, rows]) => Object.keys(rows))
  assert.ok(names.length > 100)
  assert.deepEqual(names.toSorted(), Object.keys(apiRoutes).toSorted())
})
