// Writes the pages of docs/reference that are made from tables in the source. Usage: npm run docs
import { ensureDependencies, runNode24 } from './node-24.mjs'

const code = `
  import { writeFileSync } from 'node:fs'
  import { configPage } from './platform/src/config-help.ts'
  import { errorsPage } from './platform/src/errors-page.ts'
  writeFileSync('docs/reference/config.md', configPage())
  writeFileSync('docs/reference/errors.md', errorsPage())
`

ensureDependencies({ all: false })
process.exit(await runNode24(['--input-type=module', '--eval', code]))
