// Brings the npm dependencies and the Node 24 among them, and hands programs over to it.
// Runs on the machine's own Node (20 or later) before anything is installed, so it uses nothing but Node itself.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const projectDir = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')

/** The Node that everything of ours runs on. */
export const node24 = join(projectDir, `node_modules/node-linux-${process.arch}/bin/node`)

/** Why the dependencies have to be installed, or `null` when they are there. `needed`: a file that only they bring. */
export function missingDependencies(needed) {
  const installed = join(projectDir, 'node_modules/.package-lock.json')
  if (!existsSync(installed)) return 'they are not installed yet'
  if (statSync(installed).mtimeMs < statSync(join(projectDir, 'package-lock.json')).mtimeMs)
    return 'package-lock.json changed'
  if (!existsSync(node24)) return 'Node 24 is missing'
  if (needed !== undefined && !existsSync(join(projectDir, needed))) return `${needed} is missing`
  return null
}

/** Installs the dependencies when they are missing: those to run with, or all that tests need too. */
export function ensureDependencies({ all }) {
  const developed = 'node_modules/typescript/package.json'
  const reason = missingDependencies(all ? developed : undefined)
  if (reason === null) return
  console.log(`Installing npm dependencies: ${reason}.`)
  const startedMs = Date.now()
  // what a developer has installed stays
  const dev = all || existsSync(join(projectDir, developed)) ? '--include=dev' : '--omit=dev'
  // not `npm ci`: it refuses a lock file without the optional packages of other platforms, which not every registry
  // carries. The versions and checksums of the lock file hold here too, and it is not written to.
  const args = ['install', '--no-save', dev, '--no-audit', '--no-fund', '--loglevel=error']
  const done = spawnSync('npm', args, { cwd: projectDir, encoding: 'utf8' })
  if (done.status !== 0) {
    console.error(`${done.stdout ?? ''}${done.stderr ?? ''}`.trim() || String(done.error))
    console.error(`npm ${args.join(' ')} failed in ${projectDir}`)
    process.exit(1)
  }
  if (!existsSync(node24)) {
    console.error(
      `npm has installed no Node 24 for this machine (${process.platform} ${process.arch}); Linux on x64 or arm64 is needed.`,
    )
    process.exit(1)
  }
  console.log(`  done in ${seconds(startedMs)}`)
}

/** Installs the packages of a folder with a lock file of its own, when they are not there. Gives the exit code. */
export function installPackages(folder) {
  const installed = join(folder, 'node_modules/.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs) {
    return 0
  }
  // no install scripts: what is needed works without
  const args = [
    'install',
    '--no-save',
    '--include=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const done = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
  if (done.status === 0) return 0
  console.error(`${done.stdout ?? ''}${done.stderr ?? ''}`.trim() || String(done.error))
  console.error(`npm ${args.join(' ')} failed in ${folder}`)
  return 1
}

/** Runs Node 24 with these arguments and our own input and output, and gives its exit code. Signals are passed on. */
export function runNode24(args, env = {}, cwd = projectDir) {
  const child = spawn(node24, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  // Ctrl-C reaches the child by itself, being in the same process group of the terminal; we only wait for its end
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const stopWatching = untilNpmIsGone(() => child.kill('SIGTERM'))
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => {
      stopWatching()
      done(code ?? (signal === 'SIGKILL' ? 137 : 1))
    })
  })
}

/**
 * A SIGTERM to npm ends only npm and the shell it started us by; calls back when that shell is gone. Gives a function
 * that stops looking.
 */
export function untilNpmIsGone(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return () => {}
  const shell = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(timer)
    onGone()
  }, 250)
  return () => clearInterval(timer)
}

/** Time since then, for people. */
export function seconds(startedMs) {
  return `${((Date.now() - startedMs) / 1000).toFixed(1)} s`
}
