// The figures of docs/performance.md, taken afresh. Usage: npm run bench [-- NAME…]
import { join } from 'node:path'
import { ensureDependencies, projectDir, runNode24 } from './node-24.mjs'
import { ensurePackages, systemPackages } from './system-packages.mjs'

ensureDependencies({ all: true })
await ensurePackages(systemPackages)
const base = process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base')
const code = await runNode24([join(projectDir, 'platform/src/main.ts'), 'prepare', '--base', base])
process.exit(
  code || (await runNode24([join(projectDir, 'bench/main.ts'), ...process.argv.slice(2)], { SANDYARD_BASE: base })),
)
