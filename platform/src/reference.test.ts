import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { configPage } from './config-help.ts'
import { errorsPage } from './errors-page.ts'
import { toolboxPage } from './toolbox-page.ts'

const reference = join(import.meta.dirname, '../../docs/reference')

it('docs/reference/config.md is what the settings say', async () => {
  assert.equal(await readFile(join(reference, 'config.md'), 'utf8'), configPage(), 'run: npm run docs')
})

it('docs/reference/errors.md is what the error table says', async () => {
  assert.equal(await readFile(join(reference, 'errors.md'), 'utf8'), errorsPage(), 'run: npm run docs')
})

it('docs/reference/toolbox.md is what the rows and the recorded calls say', async () => {
  const calls = await readFile(join(import.meta.dirname, '../../test/clients/calls.txt'), 'utf8')
  assert.equal(await readFile(join(reference, 'toolbox.md'), 'utf8'), toolboxPage(calls), 'run: npm run docs')
})
