// Format, lint and types. Usage: npm run check
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureDependencies, installPackages, projectDir, seconds } from './node-24.mjs'
import { ensureNpmPackages } from './test-packages.mjs'

ensureDependencies({ all: true })
// the examples among them are checked too
if (ensureNpmPackages() !== 0 || installPackages(join(projectDir, 'dashboard')) !== 0) process.exit(1)
let failed = false
for (const [name, args] of [
  ['biome', ['check', '--diagnostic-level=warn']],
  ['tsc', ['-p', '.']],
  // apart, as it runs in browsers
  ['tsc', ['-p', 'dashboard']],
]) {
  const startedMs = Date.now()
  const done = spawnSync(join(projectDir, 'node_modules/.bin', name), args, { cwd: projectDir, stdio: 'inherit' })
  if (done.status !== 0) failed = true
  console.log(`${name}: ${done.status === 0 ? 'ok' : 'FAILED'} in ${seconds(startedMs)}`)
}
process.exit(failed ? 1 : 0)
