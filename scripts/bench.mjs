// The figures of docs/performance.md, taken afresh. Usage: npm run bench [-- NAME…]
import { join } from 'node:path'
import { ensureDashboard } from './dashboard.mjs'
import { ensureDependencies, projectDir, runNode24 } from './node-24.mjs'
import { benchPackages, ensurePackages, systemPackages, testPackages } from './system-packages.mjs'
import { ensurePackagesOfTests } from './test-packages.mjs'

ensureDependencies({ all: true })
const wanted = process.argv.slice(2)
const isWanted = (...names) => wanted.length === 0 || names.some((name) => wanted.includes(name))
const beside = isWanted('previews') ? benchPackages : []
const browser = isWanted('dashboard') ? testPackages.filter(({ name }) => name === 'chromium') : []
await ensurePackages([...systemPackages, ...beside, ...browser])
// what the sandboxes of these install
if (isWanted('environments', 'opencode') && ensurePackagesOfTests() !== 0) process.exit(1)
if (isWanted('dashboard') && ensureDashboard() !== 0) process.exit(1)
const base = process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base')
const code = await runNode24([join(projectDir, 'platform/src/main.ts'), 'prepare', '--base', base])
process.exit(code || (await runNode24([join(projectDir, 'bench/main.ts'), ...wanted], { SANDYARD_BASE: base })))
