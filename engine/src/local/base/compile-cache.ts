import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runtimeMount } from '../runtime/spec.ts'

/** Runs the agent, and writes beside each script that it loaded what was compiled of it by its end. */
const writer = `'use strict'
const { scripts } = require('./agent.cjs')
process.once('exit', () => {
  const { writeFileSync } = require('node:fs')
  for (const [file, script] of scripts) writeFileSync(__dirname + '/' + file + '.cache', script.createCachedData())
})
`

/** What an agent of most sandboxes is asked; each script is loaded by one of them. */
const usualCalls: readonly Call[] = [
  { method: 'GET', path: '/version' },
  { method: 'POST', path: '/process/execute', body: '{"command":":"}' },
  { method: 'GET', path: '/process/session' },
  { method: 'GET', path: '/files?path=/opt' },
]

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: string
}

const startTimeoutMs = 20_000

/**
 * Puts a compile cache beside each script of the agent in a new runtime folder: runs the agent once, at the path it has
 * in sandboxes, and asks it what most ask. In a sandbox the cache is read-only.
 */
export async function makeCompileCache(folder: string, scripts: readonly string[]): Promise<void> {
  const socket = 'warm.sock'
  await writeFile(join(folder, 'writer.cjs'), writer)
  const mounted = `mount -t tmpfs none /opt && mkdir ${runtimeMount} && mount --bind "$1" ${runtimeMount} && shift && exec "$@"`
  const loader = [`${runtimeMount}/lib/ld.so`, '--library-path', `${runtimeMount}/lib`, `${runtimeMount}/bin/node`]
  const agent = [
    ...loader,
    `${runtimeMount}/writer.cjs`,
    '--listen-path',
    `${runtimeMount}/${socket}`,
    '--work-dir',
    '/',
    '--runtime',
    runtimeMount,
  ]
  const isolation = ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--propagation', 'private']
  // each program of the chain becomes the next one, so the process that we signal is the agent
  const child = spawn('setpriv', [...isolation, 'sh', '-c', mounted, 'sh', folder, ...agent], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  })
  const ended = once(child, 'exit')
  try {
    await waitForAnswer(join(folder, socket), () => child.exitCode !== null)
    for (const call of usualCalls) {
      if ((await ask(join(folder, socket), call)) !== 200)
        throw new Error(`the new runtime does not answer ${call.path}`)
    }
    child.kill('SIGTERM')
    await ended
  } finally {
    child.kill('SIGKILL')
    for (const name of [socket, 'writer.cjs']) await rm(join(folder, name), { force: true })
  }
  // Sandboxes run under ids of their own.
  for (const script of scripts) await chmod(join(folder, `${script}.cache`), 0o644)
}

async function waitForAnswer(socketPath: string, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  // The platform's own first call, which has the agent load what a first command needs.
  while ((await ask(socketPath, { method: 'GET', path: '/lifeline' })) !== 200) {
    if (hasEnded()) throw new Error('the agent of the new runtime ended before it answered')
    if (Date.now() > deadline) throw new Error('the agent of the new runtime does not answer')
    await sleep(20)
  }
}

/** The status of the answer; null when there is none. */
function ask(socketPath: string, { method, path, body }: Call): Promise<number | null> {
  return new Promise((resolve) => {
    const sent = request({ socketPath, method, path, agent: false, timeout: 10_000 }, (response) => {
      resolve(response.statusCode ?? null)
      // The answer of a lifeline has no end.
      if (path === '/lifeline') response.destroy()
      else response.resume()
    })
    sent.once('timeout', () => sent.destroy())
    sent.once('error', () => resolve(null))
    sent.setHeader('content-type', 'application/json')
    sent.end(body)
  })
}
