import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { caEnvironment } from '../bundle.ts'
import { runtimeMount } from '../runtime/spec.ts'
import { type Outcome, type RunningInside, startInside } from './container.ts'
import { type Cargo, feed, PipeClosed, sendFrames, type Unpack } from './frames.ts'
import type { Ground, Root } from './ground.ts'
import type { Job } from './job.ts'
import { TarError } from './read-tar.ts'
import { root as rootUser } from './users.ts'

/** Where another root appears to the program inside. */
export const otherRoot = '/dev/.sandyard/from'

/** What is put into a stage. */
export interface Put {
  readonly job: Job
  /** for a job that takes frames */
  readonly cargo: Omit<Cargo, 'unpack'> | null
  readonly unpacks: boolean
  /** for a job that takes from a folder: what appears at `otherRoot` */
  readonly from: Root | null
  readonly hasNetwork: boolean
}

/** How it went; `complaint` is what the program inside says when it fails. */
export interface PutOutcome extends Outcome {
  readonly complaint: string
}

/** The program inside as text: the runtime's Node takes types away by itself. */
const program = readFileSync(join(import.meta.dirname, 'inside.ts'), 'utf8')

/** Has the program inside do a job in a stage. */
export async function putInside(ground: Ground, stage: Root, put: Put): Promise<PutOutcome> {
  const { context } = ground
  const library = `${runtimeMount}/lib`
  const node = [`${library}/ld.so`, '--library-path', library, `${runtimeMount}/bin/node`]
  const args = [...node, '--input-type=module-typescript', '-e', program, JSON.stringify(put.job)]
  const running = await startInside(ground, stage, {
    args,
    env: { ...(context.caFile === null ? {} : caEnvironment), ...context.commonEnv, NODE_USE_ENV_PROXY: '1' },
    workDir: '/',
    user: rootUser,
    hasNetwork: put.hasNetwork,
    isMerged: false,
    mounts: put.from === null ? [] : [readOnly(put.from.path, otherRoot)],
  })
  let complaint = ''
  running.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-4000)
  })
  running.stdout.resume()
  const sent =
    put.cargo === null
      ? Promise.resolve(running.stdin.end())
      : sendFrames(running.stdin, { ...put.cargo, unpack: put.unpacks ? unpackIn(ground, stage) : null })
  const failed = await sent.then(
    () => null,
    (error: Error) => {
      // Without an end of the frames it ends by itself.
      running.stdin.destroy()
      return error
    },
  )
  const outcome = await running.outcome
  if (failed !== null && !(failed instanceof PipeClosed)) throw failed
  return { ...outcome, complaint: complaint.trim() }
}

/** A mount of a host's folder or file that can only be read. */
export function readOnly(source: string, destination: string): unknown {
  return { source, destination, type: 'bind', options: ['bind', 'ro', 'nosuid', 'nodev'] }
}

/** Our busybox knows what Node does not, and what it is given is a stranger's: so it runs inside. */
function unpackIn(ground: Ground, stage: Root): Unpack {
  return async (packing, content) => {
    const busybox = `${runtimeMount}/bin/busybox`
    const running = await startInside(ground, stage, {
      args: [busybox, packing === 'xz' ? 'xzcat' : 'bzcat'],
      env: {},
      workDir: '/',
      user: rootUser,
      hasNetwork: false,
      isMerged: false,
      mounts: [],
    })
    running.stderr.resume()
    feed(running.stdin, content).catch(() => running.stdin.destroy())
    return wholeOutput(running, packing)
  }
}

async function* wholeOutput({ stdout, outcome }: RunningInside, packing: string): AsyncGenerator<Buffer> {
  yield* stdout as AsyncIterable<Buffer>
  if ((await outcome).exitCode !== 0) throw new TarError(`it is broken, or not packed with ${packing}`)
}
