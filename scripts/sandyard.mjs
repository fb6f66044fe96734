// The entry of every command: brings what is missing, then hands over to Node 24.
// Usage: node scripts/sandyard.mjs start|down|reset|doctor|prepare|help [flags]
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDependencies, missingDependencies, node24, projectDir, runNode24 } from './node-24.mjs'
import { ensurePackages, missingPackages, systemPackages } from './system-packages.mjs'

const [command = 'help', ...args] = process.argv.slice(2)
const asksHelp = args.includes('--help') || args.includes('-h')

if (command === 'doctor' && missingDependencies() !== null && !existsSync(node24)) {
  process.exit(examine(args.includes('--json')))
}
ensureDependencies({ all: false })
if ((command === 'start' || command === 'prepare') && !asksHelp) await ensurePackages(systemPackages)
process.exit(await runNode24([join(projectDir, 'platform/src/main.ts'), command, ...args]))

/** What `doctor` can tell before the dependencies are there. */
function examine(json) {
  const checks = [
    {
      name: 'dependencies',
      status: 'fail',
      message: `npm: ${missingDependencies()}`,
      hint: 'npm install --no-save --omit=dev',
    },
    ...missingPackages(systemPackages).map(({ name, reason }) => ({
      name,
      status: 'fail',
      message: `not installed: it ${reason}`,
      hint: `apt-get install -y ${name}`,
    })),
  ]
  if (json) console.log(JSON.stringify({ ok: false, checks }, null, 2))
  else for (const { name, message, hint } of checks) console.log(`fail  ${name}: ${message}\n      ${hint}`)
  return 1
}
