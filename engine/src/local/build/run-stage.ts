import { createHash } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '@sandyard/protocol'
import { caEnvironment } from '../bundle.ts'
import { diskUse } from '../disk/disks.ts'
import type { BuildContext } from './build-context.ts'
import { type Outcome, startInside } from './container.ts'
import type { Ground, Root } from './ground.ts'
import type { Job, JobSource } from './job.ts'
import { wholeOf } from './keys.ts'
import { otherRoot, type PutOutcome, putInside, readOnly } from './put.ts'
import { TarError } from './read-tar.ts'
import { refuse } from './refuse.ts'
import { type Selected, selectFiles } from './select.ts'
import { type CopyStep, type FolderStep, type From, type RunMount, type RunStep, scriptPath } from './step.ts'
import type { Teller } from './teller.ts'
import { findBuildUser, findOwner } from './users.ts'

/** What the steps of all stages of a build share. */
export interface Workshop {
  readonly ground: Ground
  readonly teller: Teller
  readonly context: BuildContext
  readonly selected: ReadonlyMap<CopyStep, readonly Selected[]>
  /** The files of another stage or of an image. */
  readonly rootOf: (from: From) => Promise<Root>
}

const GiB = 1024 ** 3
/** a disk with less room than this cannot take another block of files */
const fullBytes = 32 * 1024 ** 2

/** Does the steps of one stage, one after the other. */
export class StageRun {
  readonly #shop: Workshop
  readonly #root: Root
  /** folders of WORKDIR that are made with the next step */
  #folders: FolderStep[] = []

  constructor(shop: Workshop, root: Root) {
    this.#shop = shop
    this.#root = root
  }

  /** Makes a folder, with the next step. */
  folder(step: FolderStep): void {
    this.#folders.push(step)
  }

  /** Makes the folders that are still to be made. */
  async finish(): Promise<void> {
    const [step] = this.#folders
    if (step === undefined) return
    await this.#put(step, null, { cargo: null, unpacks: false, from: null, hasNetwork: false })
  }

  /** Runs a program of the stage. */
  async run(step: RunStep): Promise<void> {
    const { ground, teller } = this.#shop
    const { context } = ground
    // The folder of the step itself is made by the runtime, as root.
    if (!this.#folders.every(({ path, user }) => path === step.workDir && ['', '0', 'root'].includes(user))) {
      await this.finish()
    }
    this.#folders = []
    const user = findBuildUser(this.#root, step.user, step.line)
    const running = await startInside(ground, this.#root, {
      args: step.args,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: user.home,
        ...step.env,
        ...(context.caFile === null ? {} : caEnvironment),
        ...context.commonEnv,
      },
      workDir: step.workDir,
      user,
      hasNetwork: step.hasNetwork,
      isMerged: true,
      mounts: await this.#mounts(step),
    })
    running.stdin.end()
    const output = teller.program()
    running.stdout.on('data', output.take)
    running.stderr.resume()
    const outcome = await running.outcome
    const tail = output.finish()
    if (outcome.exitCode === 0) return
    const code = outcome.exitCode === null ? 'it was killed' : `exit code ${outcome.exitCode}`
    refuse(step.line, `${step.text}: ${await this.#reason(outcome, tail, code)}${tail === '' ? '' : `\n${tail}`}`)
  }

  /** Puts files into the stage. */
  async copy(step: CopyStep): Promise<void> {
    const { selected, context } = this.#shop
    if (step.urls.length > 0) {
      await this.#put(
        step,
        { kind: 'urls', urls: step.urls },
        { cargo: null, unpacks: false, from: null, hasNetwork: true },
      )
    }
    if (step.from.kind !== 'context') {
      const from = await this.#shop.rootOf(step.from)
      const source = { kind: 'folder', root: otherRoot, paths: step.sources } as const
      await this.#put(step, source, { cargo: null, unpacks: false, from, hasNetwork: false })
    } else if (step.sources.length > 0 || step.texts.length > 0) {
      const cargo = { context, selected: selected.get(step) ?? [], texts: step.texts }
      await this.#put(
        step,
        { kind: 'frames' },
        { cargo, unpacks: step.keyword === 'ADD', from: null, hasNetwork: false },
      )
    }
  }

  async #put(
    step: CopyStep | FolderStep,
    source: JobSource | null,
    rest: Omit<Parameters<typeof putInside>[2], 'job'>,
  ): Promise<void> {
    const job = this.#jobOf(step, source)
    this.#folders = []
    const outcome = await putInside(this.#shop.ground, this.#root, { job, ...rest }).catch((error: Error) => {
      if (error instanceof TarError) refuse(step.line, `${step.text}: ${error.message}`)
      throw error
    })
    if (outcome.exitCode === 0) return
    refuse(step.line, `${step.text}: ${await this.#putReason(outcome)}`)
  }

  #jobOf(step: CopyStep | FolderStep, source: JobSource | null): Job {
    const folders = this.#folders.map(({ path, user, line }) => ({
      path,
      ...pick(findBuildUser(this.#root, user, line)),
    }))
    if (step.kind === 'folder' || source === null) return { folders, copy: null }
    const { to, isFolder, mode } = step
    const given = step.owner === '' ? null : findOwner(this.#root, step.owner, step.line)
    // What comes from the context is root's; what comes from elsewhere is whose it was there.
    const owner = given ?? (source.kind === 'frames' && step.keyword === 'COPY' ? { uid: 0, gid: 0 } : null)
    return { folders, copy: { to, isFolder, owner, mode, source } }
  }

  async #putReason(outcome: PutOutcome): Promise<string> {
    return await this.#reason(outcome, outcome.complaint, outcome.complaint || `exit code ${outcome.exitCode}`)
  }

  /** Why a program failed, as far as its limits tell. */
  async #reason(outcome: Outcome, output: string, otherwise: string): Promise<string> {
    const { resources, context } = this.#shop.ground
    if (outcome.wasOutOfMemory)
      return `out of memory: it used up the ${resources.memoryGib} GiB of the build (${otherwise})`
    const free = resources.diskGib * GiB - (await diskUse(context.layout, this.#root.diskId))
    if (free < fullBytes || /No space left on device|Disk quota exceeded|EDQUOT|ENOSPC/.test(output)) {
      return `the disk of the build is full: it has ${resources.diskGib} GiB (${otherwise})`
    }
    if (outcome.fault !== null) return `it could not be started: ${outcome.fault}`
    if (outcome.wasOutOfProcesses) return `it started more processes than a build may have (${otherwise})`
    return otherwise
  }

  async #mounts(step: RunStep): Promise<unknown[]> {
    const mounts: unknown[] = []
    if (step.script !== null) mounts.push(readOnly(await this.#script(step.script), scriptPath))
    for (const mount of step.mounts) mounts.push(await this.#mount(step, mount))
    return mounts
  }

  async #mount(step: RunStep, mount: RunMount): Promise<unknown> {
    switch (mount.kind) {
      case 'tmpfs': {
        const size = mount.sizeBytes ?? (this.#shop.ground.resources.memoryGib * GiB) / 2
        const options = ['nosuid', 'nodev', 'mode=1777', `size=${size}`]
        return { destination: mount.target, type: 'tmpfs', source: 'tmpfs', options }
      }
      case 'cache': {
        const folder = await this.#ownFolder('cache', mount.id)
        const { rootId } = this.#shop.ground
        chownSync(folder, rootId + mount.owner[0], rootId + mount.owner[1])
        chmodSync(folder, mount.mode)
        return { source: folder, destination: mount.target, type: 'bind', options: ['bind', 'rw', 'nosuid', 'nodev'] }
      }
      case 'bind': {
        const root =
          mount.from.kind === 'context'
            ? await this.#contextRoot(step, mount.source)
            : await this.#shop.rootOf(mount.from)
        return readOnly(plainPath(root.path, mount.source, step.line), mount.target)
      }
    }
  }

  /** A folder that only steps of this build see, beside what becomes the image. */
  async #ownFolder(kind: string, id: string): Promise<string> {
    const scratch = await this.#shop.rootOf({ kind: 'image', name: 'scratch' })
    const folder = join(scratch.path, `${kind}-${createHash('sha256').update(id).digest('hex')}`)
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    return folder
  }

  async #script(text: string): Promise<string> {
    const folder = await this.#ownFolder('script', text)
    const file = join(folder, 'script')
    writeFileSync(file, text, { mode: 0o755 })
    return file
  }

  /** The context, or what of it is mounted, on a disk of its own. */
  async #contextRoot(step: RunStep, source: string): Promise<Root> {
    const { ground, context } = this.#shop
    const root = await ground.makeRoot([], { kind: 'empty' })
    if (root === null) throw new Error('An empty disk cannot be missing')
    const selected = selectFiles(context, wholeOf(step, source))
    const isFile = selected.length === 1 && selected[0]?.path === '' && selected[0].name !== ''
    const owner = { uid: 0, gid: 0 }
    const to = `/${isFile ? source.split('/').slice(0, -1).join('/') : source}`
    const job: Job = { folders: [], copy: { to, isFolder: true, owner, mode: null, source: { kind: 'frames' } } }
    const cargo = { context, selected, texts: [] }
    const outcome = await putInside(ground, root, { job, cargo, unpacks: false, from: null, hasNetwork: false })
    if (outcome.exitCode !== 0) refuse(step.line, `${step.text}: ${await this.#putReason(outcome)}`)
    return root
  }
}

function pick({ uid, gid }: { uid: number; gid: number }): { uid: number; gid: number } {
  return { uid, gid }
}

/** The path on the host of what lies in a root; none of it may be a link, which would lead elsewhere here. */
function plainPath(root: string, path: string, line: number): string {
  let current = root
  for (const name of path.split('/').filter((part) => part !== '')) {
    current = join(current, name)
    const there = lstatSync(current, { throwIfNoEntry: false })
    if (there === undefined) refuse(line, `a mount shows what is not there: /${path.slice(0, 200)}`)
    if (there.isSymbolicLink()) refuse(line, `a mount cannot lead over a symbolic link: /${path.slice(0, 200)}`)
    if (!there.isDirectory() && !there.isFile()) {
      throw new PlatformError('BAD_REQUEST', `Dockerfile line ${line}: a mount shows neither a file nor a folder`)
    }
  }
  return current
}
