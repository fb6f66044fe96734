// Many clients at work for a long time, with everything checked. Usage: npm run soak [-- --minutes N --only JOB,…]
import { join } from 'node:path'
import { ensureDependencies, projectDir, runNode24 } from './node-24.mjs'
import { ensurePackages, systemPackages, testPackages } from './system-packages.mjs'

ensureDependencies({ all: true })
await ensurePackages([...systemPackages, ...testPackages])
const base = process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base')
const code = await runNode24([join(projectDir, 'platform/src/main.ts'), 'prepare', '--base', base])
process.exit(
  code || (await runNode24([join(projectDir, 'bench/soak.ts'), ...process.argv.slice(2)], { SANDYARD_BASE: base })),
)
