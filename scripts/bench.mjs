// The figures of docs/performance.md, taken afresh. Usage: npm run bench [-- NAME…]
import { join } from 'node:path'
import { ensureDependencies, projectDir, runNode24 } from './node-24.mjs'
import { benchPackages, ensurePackages, systemPackages } from './system-packages.mjs'
import { ensurePackagesOfTests } from './test-packages.mjs'

ensureDependencies({ all: true })
const wanted = process.argv.slice(2)
const isBeside = wanted.length === 0 || wanted.includes('previews')
await ensurePackages([...systemPackages, ...(isBeside ? benchPackages : [])])
// what the sandboxes of these install
const installs = ['environments', 'opencode']
if (wanted.length === 0 || installs.some((name) => wanted.includes(name))) {
  if (ensurePackagesOfTests() !== 0) process.exit(1)
}
const base = process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base')
const code = await runNode24([join(projectDir, 'platform/src/main.ts'), 'prepare', '--base', base])
process.exit(code || (await runNode24([join(projectDir, 'bench/main.ts'), ...wanted], { SANDYARD_BASE: base })))
