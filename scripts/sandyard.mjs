#!/usr/bin/env -S node --
// The entry of every command: brings what is missing, then hands over to Node 24. Some words are the platform's, which runs
// on this machine; all others are the command line's. A link to this file, such as /usr/local/bin/sandyard, is a command.
// Node itself looks for --env-file among all words, unless `--` stands before them.
// Usage: node -- scripts/sandyard.mjs COMMAND [options]; `platform COMMAND` is the platform's in any case
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDependencies, missingDependencies, node24, projectDir, runNode24 } from './node-24.mjs'

/** `up` and `down` are the command line's: they also know a platform that was started in the background. */
const platformWords = ['start', 'prepare', 'reset', 'doctor']

const words = process.argv.slice(2)
if (words[0] === 'platform') await runPlatform(words.slice(1))
else if (platformWords.includes(words[0]) && !startsSandboxes(words)) await runPlatform(words)
else await runCommandLine()

/** `start box` and `start --all` are about sandboxes, `start` and `start --port 4000` about the platform. */
function startsSandboxes([command, first = '-', ...rest]) {
  return command === 'start' && (!first.startsWith('-') || [first, ...rest].some((word) => /^(-a|--all)$/.test(word)))
}

async function runPlatform([command = 'help', ...args]) {
  // loading what it takes to install packages takes time, which the command line saves
  const { ensurePackages, missingPackages, systemPackages } = await import('./system-packages.mjs')
  const asksHelp = args.includes('--help') || args.includes('-h')
  if (command === 'doctor' && missingDependencies() !== null && !existsSync(node24)) {
    process.exit(examine(args.includes('--json'), missingPackages(systemPackages)))
  }
  ensureDependencies({ all: false })
  if ((command === 'start' || command === 'prepare') && !asksHelp) {
    await ensurePackages(systemPackages)
    const { ensureDashboard } = await import('./dashboard.mjs')
    // everything else works without it
    if (ensureDashboard() !== 0) console.error('The dashboard could not be built; the platform starts without it.')
  }
  process.exit(await runNode24([join(projectDir, 'platform/src/main.ts'), command, ...args]))
}

async function runCommandLine() {
  const brought = [node24, join(projectDir, 'node_modules/yaml/package.json')]
  if (!brought.every((path) => existsSync(path))) ensureDependencies({ all: false })
  // npm runs scripts in the folder of the project; paths are meant from where the person is
  const folder = process.env.npm_lifecycle_event === undefined ? process.cwd() : (process.env.INIT_CWD ?? process.cwd())
  const main = join(projectDir, 'cli/src/main.ts')
  if (Number.parseInt(process.versions.node, 10) < 24) process.exit(await runNode24(['--', main, ...words], {}, folder))
  process.chdir(folder)
  await import(main)
}

/** What `doctor` can tell before the dependencies are there. */
function examine(json, packages) {
  const checks = [
    {
      name: 'dependencies',
      status: 'fail',
      message: `npm: ${missingDependencies()}`,
      hint: 'npm install --no-save --omit=dev',
    },
    ...packages.map(({ name, reason }) => ({
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
