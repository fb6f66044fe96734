// Writes the pages of docs/reference that are made from tables in the source. Usage: npm run docs
// The tests of each toolbox operation are those that the last runs of the clients' tests recorded.
import { keepCalls } from './client-calls.mjs'
import { ensureDependencies, runNode24 } from './node-24.mjs'

const code = `
  import { readFileSync, writeFileSync } from 'node:fs'
  import { configPage } from './platform/src/config-help.ts'
  import { errorsPage } from './platform/src/errors-page.ts'
  import { commands } from './cli/src/commands.ts'
  import { referencePage } from './cli/src/help.ts'
  import { toolboxPage } from './platform/src/toolbox-page.ts'
  writeFileSync('docs/reference/config.md', configPage())
  writeFileSync('docs/reference/errors.md', errorsPage())
  writeFileSync('docs/reference/cli.md', referencePage(commands))
  writeFileSync('docs/reference/toolbox.md', toolboxPage(readFileSync('test/clients/calls.txt', 'utf8')))
`

ensureDependencies({ all: false })
keepCalls()
process.exit(await runNode24(['--input-type=module', '--eval', code]))
