import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Owner, withFileLock } from './file-lock.ts'
import type { SyncState } from './synchronizer.ts'

/** What is kept of a root session between starts of OpenCode. */
export interface SessionRecord {
  /** name of its sandbox, made of its id; known before the sandbox is there */
  readonly name: string
  /** `null` while it is being made */
  readonly sandboxId: string | null
  /** of the platform that has it */
  readonly apiUrl: string
  /** the user's folder that the session is about */
  readonly directory: string
  /** root of the project inside, once it is known */
  readonly root: string | null
  /** whether the project is inside, and the setup has run */
  readonly isReady: boolean
  readonly sync: SyncState | null
  /** tools have run since the last pull */
  readonly needsPull: boolean
  /** process that used it last */
  readonly owner: Owner | null
  /** the session is gone, and the sandbox is to follow */
  readonly isDeleted: boolean
  /** ms since 1970 */
  readonly created: number
  /** ms since 1970 */
  readonly lastAccessed: number
}

/** Records of one project, on disk, shared with other OpenCode processes. */
export interface State {
  readonly file: string
  all(): Promise<ReadonlyMap<string, SessionRecord>>
  get(session: string): Promise<SessionRecord | null>
  /** Makes the record, or gives the one that is there. */
  add(session: string, record: SessionRecord): Promise<SessionRecord>
  /** Changes fields of a record; null where there is none. */
  change(session: string, fields: Partial<SessionRecord>): Promise<SessionRecord | null>
  /** Makes a process the owner, where the one before is free to go; gives the record as it is then. */
  claim(session: string, owner: Owner, isFree: (before: Owner) => boolean): Promise<SessionRecord | null>
  remove(session: string): Promise<void>
}

interface Kept {
  readonly version: 1
  readonly projectId: string
  readonly sessions: Record<string, SessionRecord>
}

/** What a project is told apart by. */
export interface ProjectPlace {
  /** by OpenCode; `global` for all that have no commit */
  readonly id: string
  readonly directory: string
}

/** Name of the file of a project. Those without a commit share an id and are told apart by their folder. */
export function stateName({ id, directory }: ProjectPlace): string {
  const isOwn = id !== 'global' && /^[\w-]{1,100}$/.test(id)
  return isOwn ? id : `folder-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`
}

/** Opens the records of a project; `folder` holds those of all. */
export function openState(folder: string, project: ProjectPlace): State {
  const file = join(folder, `${stateName(project)}.json`)
  // A repository gets an id of its own with its first commit; sessions from before that are here.
  const former = join(folder, `${stateName({ ...project, id: 'global' })}.json`)

  async function load(): Promise<Kept> {
    const own = await read(file)
    if (former === file) return own
    const before = await read(former)
    return { ...own, sessions: { ...before.sessions, ...own.sessions } }
  }

  async function update<T>(edit: (sessions: Record<string, SessionRecord>) => T): Promise<T> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await withFileLock(join(folder, 'lock'), async () => {
      const kept = await load()
      const before = JSON.stringify(kept.sessions)
      const result = edit(kept.sessions)
      if (JSON.stringify(kept.sessions) !== before) await write(file, { ...kept, projectId: project.id })
      if (former !== file) await rm(former, { force: true })
      return result
    })
  }

  return {
    file,
    all: async () => new Map(Object.entries((await load()).sessions)),
    get: async (session) => (await load()).sessions[session] ?? null,
    add: (session, record) =>
      update((sessions) => {
        sessions[session] ??= record
        return sessions[session]
      }),
    change: (session, fields) =>
      update((sessions) => {
        const found = sessions[session]
        if (found === undefined) return null
        sessions[session] = { ...found, ...fields }
        return sessions[session]
      }),
    claim: (session, owner, isFree) =>
      update((sessions) => {
        const found = sessions[session]
        if (found === undefined) return null
        if (found.owner === null || isFree(found.owner)) sessions[session] = { ...found, owner }
        return sessions[session] ?? null
      }),
    remove: (session) =>
      update((sessions) => {
        delete sessions[session]
      }),
  }
}

/** @throws Error when there is a file that is not ours: its sandboxes must not be forgotten */
async function read(file: string): Promise<Kept> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return { version: 1, projectId: '', sessions: {} }
  try {
    const kept = JSON.parse(text) as Kept
    if (kept.version === 1 && typeof kept.sessions === 'object' && kept.sessions !== null) return kept
  } catch {
    // told below
  }
  throw new Error(`${file} is not a file of this plugin; move it away, and its sandboxes are made anew`)
}

async function write(file: string, kept: Kept): Promise<void> {
  const next = `${file}.${randomUUID()}`
  try {
    await using handle = await open(next, 'wx', 0o600)
    await handle.writeFile(`${JSON.stringify(kept, null, 2)}\n`)
    // a machine that loses its power afterwards has one of the two, whole
    await handle.sync()
    await rename(next, file)
  } catch (error) {
    await rm(next, { force: true })
    throw error
  }
}
