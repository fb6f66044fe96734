import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runtimeMount } from '../runtime/spec.ts'

/** What `agent.cjs` is: it takes the agent's code from the cache, already compiled, when its user has one. */
export const cachedAgent = `require('node:module').enableCompileCache(__dirname + '/cache')\nrequire('./main.cjs')\n`

/** Node keeps a cache per user id; these are the users that agents mostly run as. */
const userIds = [0, 1000]

const startTimeoutMs = 20_000

/**
 * Fills `cache/` of a new runtime folder: runs its agent once at the path it has in sandboxes, which is part of the
 * cache's key, and asks it something. In a sandbox the cache is read-only, and saves a fifth of the start.
 */
export async function makeCompileCache(folder: string): Promise<void> {
  const cache = join(folder, 'cache')
  const socket = 'warm.sock'
  await mkdir(cache)
  const mounted = `mount -t tmpfs none /opt && mkdir ${runtimeMount} && mount --bind "$1" ${runtimeMount} && shift && exec "$@"`
  const loader = [`${runtimeMount}/lib/ld.so`, '--library-path', `${runtimeMount}/lib`, `${runtimeMount}/bin/node`]
  const agent = [
    ...loader,
    `${runtimeMount}/agent.cjs`,
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
    child.kill('SIGTERM')
    await ended
  } finally {
    child.kill('SIGKILL')
    await rm(join(folder, socket), { force: true })
  }
  await share(cache)
}

/** Makes the one cache that was written readable for everybody, and that of all the users above. */
async function share(cache: string): Promise<void> {
  const [name] = await readdir(cache)
  if (name === undefined) throw new Error(`the agent wrote no compile cache to ${cache}`)
  const written = join(cache, name)
  for (const folder of [cache, written]) await chmod(folder, 0o755)
  for (const file of await readdir(written)) await chmod(join(written, file), 0o644)
  const version = name.slice(0, name.lastIndexOf('-'))
  for (const id of userIds) {
    if (`${version}-${id}` !== name) await symlink(name, join(cache, `${version}-${id}`))
  }
}

async function waitForAnswer(socketPath: string, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  while (!(await answers(socketPath))) {
    if (hasEnded()) throw new Error('the agent of the new runtime ended before it answered')
    if (Date.now() > deadline) throw new Error('the agent of the new runtime does not answer')
    await sleep(20)
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: '/version', agent: false, timeout: 2000 }, (response) => {
      response.resume()
      response.once('close', () => resolve(response.statusCode === 200))
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(false))
  })
}
