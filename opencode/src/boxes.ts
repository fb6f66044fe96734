import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Daytona, DaytonaConflictError, DaytonaNotFoundError, type Sandbox } from '@sandyard/sdk'
import type { Box } from './box.ts'
import { BrokenSandboxError, bringUp } from './bring-up.ts'
import { isOtherAlive, thisProcess } from './file-lock.ts'
import type { PluginLog } from './log.ts'
import type { Settings } from './settings.ts'
import type { SessionRecord, State } from './state.ts'
import type { Synchronizer, SyncSession } from './synchronizer.ts'

/** Sandboxes of root sessions. */
export interface Boxes {
  /** The sandbox of a root session, running, with the project inside. Calls at the same time share the work. */
  open(root: string): Promise<Box>
  /** The sandbox as this process has opened it, without a look at how it is now. */
  opened(root: string): Box | undefined
  /** The sandbox as a synchronisation sees it, without making one. @throws when it is gone */
  reopen(root: string, record: SessionRecord): Promise<Box>
  /** Deletes the sandbox of a session that is gone, and all that is kept of it; twice is no error. */
  remove(root: string): Promise<void>
}

export interface BoxesPlace {
  readonly settings: Settings
  readonly state: State
  readonly sync: Synchronizer | null
  readonly directory: string
  /** root of the repository; `/` without git */
  readonly worktree: string
  readonly projectId: string
  readonly log: PluginLog
  toast(variant: 'info' | 'success' | 'warning' | 'error', message: string): void
}

/** ms: an image may have to be built first */
const createMs = 15 * 60_000
/** ms that a call may take which says nothing else; whoever has taken an agent's place may never answer */
const callMs = 11 * 60_000
/** ms that an answer may be on its way */
const answerMs = 30_000
/** longest answer that is held in memory, bytes: twice the output that an agent keeps of a command */
const maxAnswerBytes = 64 * 1024 * 1024
/** s that the setup may take */
const setupTimeout = 30 * 60
/** ms between looks at another process's work */
const waitMs = 200
const longestHome = 500
/** characters of its output that an error shows */
const shownOutput = 2000

/** Makes, finds and deletes sandboxes. Nothing is sent before the first `open`. */
export function createBoxes(place: BoxesPlace): Boxes {
  const { settings, state, sync, log } = place
  const opening = new Map<string, Promise<Box>>()
  const known = new Map<string, Box>()
  let platform: Daytona | undefined

  function connect(): Daytona {
    const { access, errors } = settings
    if (access === null || errors.length > 0) throw new Error(errors.join('. '))
    platform ??= new Daytona({ ...access, requestTimeoutMs: callMs, maxAnswerBytes })
    return platform
  }

  async function prepare(root: string): Promise<Box> {
    const daytona = connect()
    const { client } = daytona
    let record = await state.add(root, {
      name: nameOf(root),
      sandboxId: null,
      apiUrl: client.settings.apiUrl,
      directory: place.directory,
      root: null,
      isReady: false,
      sync: null,
      needsPull: false,
      owner: null,
      isDeleted: false,
      created: Date.now(),
      lastAccessed: Date.now(),
    })
    if (record.isDeleted) throw new Error('this session was deleted')
    // Nothing is known to be at the address before, which may have been a mistake that is mended now.
    if (record.sandboxId === null && record.apiUrl !== client.settings.apiUrl) {
      log.write('INFO', `session ${root} gets its sandbox at ${client.settings.apiUrl}, not at ${record.apiUrl}`)
      record = (await state.change(root, { apiUrl: client.settings.apiUrl })) ?? record
    }
    if (record.apiUrl !== client.settings.apiUrl)
      throw new Error(`it was made at ${record.apiUrl}, and the plugin is set to ${client.settings.apiUrl}`)
    const old = known.get(root)
    const sandbox = old?.sandbox ?? (await find(daytona, record)) ?? (await create(daytona, root, record))
    if (old !== undefined) await refresh(sandbox)
    if (record.sandboxId !== sandbox.id) await state.change(root, { sandboxId: sandbox.id })
    await start(sandbox, root, record)
    if (old !== undefined) return old
    const top = record.root ?? settings.options.projectFolder ?? join(await homeOf(sandbox), 'project')
    const folder = join(top, subfolder(place))
    if (!record.isReady) await fillOnce(root, { sandbox, projectFolder: top }, folder)
    const box = { sandbox, projectFolder: folder }
    known.set(root, box)
    return box
  }

  /** One process does it at a time: a second time over would take away what tools have done since the first. */
  async function fillOnce(root: string, box: Box, folder: string): Promise<void> {
    const endMs = Date.now() + setupTimeout * 1000
    for (;;) {
      const record = await state.claim(root, thisProcess, (before) => !isOtherAlive(before))
      if (record === null || record.isDeleted) throw new Error('this session was deleted')
      if (record.isReady) return
      if (record.owner?.pid === thisProcess.pid && record.owner.host === thisProcess.host) {
        try {
          return await fill(root, record, box, folder)
        } catch (error) {
          await state.change(root, { owner: null })
          throw error
        }
      }
      if (Date.now() > endMs) throw new Error(`process ${record.owner?.pid} does not come to an end with its setup`)
      await sleep(waitMs)
    }
  }

  /** Puts in what a new sandbox needs. All of it may be done again. */
  async function fill(root: string, record: SessionRecord, box: Box, folder: string): Promise<void> {
    const { sandbox, projectFolder } = box
    await state.change(root, { root: projectFolder })
    await mustRun(sandbox, `mkdir -p ${quoted(projectFolder)}`, '/', 60)
    const kept = sync === null ? null : await sync.start(box, syncSession(state, root, record))
    await mustRun(sandbox, `mkdir -p ${quoted(folder)}`, '/', 60)
    const { setup } = settings.options
    if (setup !== undefined) await mustRun(sandbox, setup, folder, setupTimeout)
    await state.change(root, { isReady: true, sync: kept })
    const branch =
      kept === null ? 'changes stay in it: there is no git repository here' : `its branch is ${kept.branch}`
    log.write('INFO', `session ${root} has sandbox ${sandbox.id}; ${branch}`)
    place.toast('success', `Sandbox ${sandbox.name} is ready; ${sync === null ? 'changes stay in it' : branch}`)
  }

  async function create(daytona: Daytona, root: string, record: SessionRecord): Promise<Sandbox> {
    const { options } = settings
    place.toast('info', 'Making a sandbox for this session')
    try {
      const { env, secrets, snapshot, image, cpu, memory, disk } = options
      const asked = { env, secrets, snapshot, image, cpu, memory, disk, public: options.public }
      return await daytona.create(
        {
          ...asked,
          name: record.name,
          autoStopInterval: options.autoStopMinutes,
          labels: { ...options.labels, 'opencode-session': root, 'opencode-project': place.projectId },
        },
        { wait: false, timeout: 0 },
      )
    } catch (error) {
      // Made before, by a process that did not come to write it down, or by another one just now.
      if (error instanceof DaytonaConflictError) return await adopt(daytona, root, record)
      throw error
    }
  }

  async function adopt(daytona: Daytona, root: string, record: SessionRecord): Promise<Sandbox> {
    const sandbox = await daytona.get(record.name)
    if (sandbox.labels['opencode-session'] !== root)
      throw new Error(`there is a sandbox named ${record.name} that is not of this session`)
    return sandbox
  }

  async function start(sandbox: Sandbox, root: string, record: SessionRecord): Promise<void> {
    try {
      await bringUp(sandbox, createMs)
    } catch (error) {
      if (!(error instanceof BrokenSandboxError) || record.isReady || record.sync !== null) throw error
      // Nothing is in it yet: the next call makes another, maybe with better settings.
      await sandbox.delete(60, true).catch(() => {})
      await state.remove(root)
      throw error
    }
  }

  return {
    opened: (root) => known.get(root),
    open(root) {
      const running = opening.get(root)
      if (running !== undefined) return running
      const started = prepare(root).finally(() => opening.delete(root))
      opening.set(root, started)
      return started
    },
    async reopen(root, record) {
      const box = known.get(root)
      const sandbox = box?.sandbox ?? (await find(connect(), record))
      if (sandbox === undefined || record.root === null) throw new Error('there is no sandbox of this session')
      if (box !== undefined) await refresh(sandbox)
      await bringUp(sandbox, createMs)
      return { sandbox, projectFolder: record.root }
    },
    async remove(root) {
      // From here on no other process opens it, and after a crash the next one deletes it.
      const record = await state.change(root, { isDeleted: true })
      if (record === null) return
      await opening.get(root)?.catch(() => {})
      known.delete(root)
      const { sandboxId, name } = (await state.get(root)) ?? record
      const daytona = connect()
      const isElsewhere = record.apiUrl !== daytona.client.settings.apiUrl
      if (isElsewhere && sandboxId === null) {
        log.write('WARN', `session ${root} is gone; if there is a sandbox ${name} at ${record.apiUrl}, delete it there`)
        return await state.remove(root)
      }
      if (isElsewhere) throw new Error(`sandbox ${name} is at ${record.apiUrl}`)
      const sandbox = await daytona.get(sandboxId ?? name).catch(nothingWhereMissing)
      if (sandbox !== undefined && sandbox.labels['opencode-session'] === root)
        await sandbox.delete(60).catch(nothingWhereMissing)
      await sync?.remove(syncSession(state, root, record))
      await state.remove(root)
      log.write('INFO', `session ${root} is gone, and its sandbox ${sandboxId ?? name} with it`)
    },
  }
}

/** The sandbox says it, and it goes into the model's instructions and into URLs. */
async function homeOf(sandbox: Sandbox): Promise<string> {
  const { dir } = await sandbox.toolbox.call('getUserHomeDir', {}, { timeoutMs: answerMs })
  if (typeof dir === 'string' && dir.length <= longestHome && /^(\/|(\/[\w@+=.-]+)+)$/.test(dir) && !dir.includes('..'))
    return dir
  throw new Error('the home of the user in the sandbox has no plain path: set the option projectFolder')
}

/** A synchronisation's end of a record. */
export function syncSession(state: State, root: string, record: SessionRecord): SyncSession {
  let last = record.sync
  return {
    sessionId: root,
    get state() {
      return last
    },
    async save(sync) {
      await state.change(root, { sync })
      last = sync
    },
  }
}

/** One name for each session: two processes cannot make two sandboxes, and one that crashed finds its own again. */
function nameOf(root: string): string {
  return `opencode-${root}`
}

async function find(daytona: Daytona, record: SessionRecord): Promise<Sandbox | undefined> {
  if (record.sandboxId === null) return undefined
  return await daytona.get(record.sandboxId).catch((error: unknown) => {
    throw asGone(error, record.sandboxId)
  })
}

async function refresh(sandbox: Sandbox): Promise<void> {
  await sandbox.refreshData().catch((error: unknown) => {
    throw asGone(error, sandbox.id)
  })
}

/** Work that was not synchronised is lost with it: that is told, and not papered over by an empty one. */
function asGone(error: unknown, id: string | null): unknown {
  if (!(error instanceof DaytonaNotFoundError)) return error
  return new Error(`sandbox ${id} was deleted; what was synchronised is on its branch. Start a new session`)
}

function nothingWhereMissing(error: unknown): undefined {
  if (error instanceof DaytonaNotFoundError) return undefined
  throw error
}

/** Where OpenCode was started, below the root of the repository. */
function subfolder({ worktree, directory }: BoxesPlace): string {
  const below = relative(worktree, directory)
  return worktree === '/' || below.startsWith('..') ? '' : below
}

async function mustRun(sandbox: Sandbox, command: string, folder: string, timeout: number): Promise<void> {
  const body = { command, cwd: folder, timeout }
  const timeoutMs = timeout * 1000 + answerMs
  const { exitCode, result } = await sandbox.toolbox.call('executeCommand', { body }, { timeoutMs })
  if (exitCode !== 0)
    throw new Error(`\`${command}\` ended with ${exitCode} in the sandbox: ${result.slice(-shownOutput)}`)
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
