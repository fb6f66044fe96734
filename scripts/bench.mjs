// The figures of docs/performance.md, taken afresh. Usage: npm run bench [-- NAME…]
import { join } from 'node:path'
import { ensureDependencies, projectDir, runNode24 } from './node-24.mjs'
import { benchPackages, ensurePackages, systemPackages } from './system-packages.mjs'

ensureDependencies({ all: true })
const wanted = process.argv.slice(2)
const isBeside = wanted.length === 0 || wanted.includes('previews')
await ensurePackages([...systemPackages, ...(isBeside ? benchPackages : [])])
const base = process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base')
const code = await runNode24([join(projectDir, 'platform/src/main.ts'), 'prepare', '--base', base])
process.exit(code || (await runNode24([join(projectDir, 'bench/main.ts'), ...wanted], { SANDYARD_BASE: base })))
