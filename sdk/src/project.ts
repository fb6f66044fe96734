import { isPlatformError } from '@sandyard/protocol/errors'
import { filesWorthReading, projectFileBytes } from '@sandyard/protocol/project/files-to-read'
import type { ProjectFiles, ProjectOverrides, ProjectPlan } from '@sandyard/protocol/project/plan'
import { planProject as planOf } from '@sandyard/protocol/project/plan-project'
import { DaytonaError, DaytonaInvalidArgumentError } from './errors.ts'
import type { Sandbox } from './sandbox.ts'

export type {
  Framework,
  PackageManager,
  ProjectOverrides,
  ProjectPlan,
  ServeMode,
} from '@sandyard/protocol/project/plan'

/** Where an application lies: its folder, or a repository and the folder inside it, for lock files of the root. */
export type ProjectPlace = string | { readonly repository: string; readonly rootDirectory: string }

/** s for the listing, and for each file */
const timeout = 60

/**
 * Looks at a project in a sandbox and says how it is brought to serve: its framework, commands, port and variables.
 *
 * @param place absolute, or relative to the work dir of the sandbox
 * @param overrides what goes before what is found, and before the project's `sandyard.json`
 * @throws DaytonaInvalidArgumentError that says what to add, when nothing can be served
 */
export async function planProject(
  sandbox: Sandbox,
  place: ProjectPlace,
  overrides: ProjectOverrides = {},
): Promise<ProjectPlan> {
  const files = await readProject(sandbox, place)
  try {
    return planOf(files, overrides)
  } catch (error) {
    if (!isPlatformError(error)) throw error
    throw new DaytonaInvalidArgumentError(error.message, undefined, undefined, undefined, undefined, { cause: error })
  }
}

async function readProject(sandbox: Sandbox, place: ProjectPlace): Promise<ProjectFiles> {
  if (typeof place === 'string') return await readFolder(sandbox, place)
  const inside = place.rootDirectory.split('/').filter((name) => name !== '' && name !== '.')
  if (inside.includes('..'))
    throw new DaytonaInvalidArgumentError(`rootDirectory ${place.rootDirectory} leads out of the repository`)
  if (inside.length === 0) return await readFolder(sandbox, place.repository)
  const [files, root] = await Promise.all([
    readFolder(sandbox, [place.repository, ...inside].join('/')),
    readFolder(sandbox, place.repository, rootFiles),
  ])
  return { ...files, root: { ...root, path: inside.map(() => '..').join('/') } }
}

/** Of a root only what decides the package manager. */
const rootFiles = ['package.json', 'pnpm-lock.yaml', 'yarn.lock']

async function readFolder(sandbox: Sandbox, folder: string, only?: readonly string[]): Promise<ProjectFiles> {
  const entries = await sandbox.fs.listFiles(folder)
  const names = entries.map(({ name, isDir }) => (isDir ? `${name}/` : name))
  const wanted = filesWorthReading(names).filter((name) => only?.includes(name) ?? true)
  const read = await Promise.all(
    wanted.map(async (name) => [name, await readText(sandbox, `${folder}/${name}`)] as const),
  )
  return { names, texts: Object.fromEntries(read.filter((entry): entry is [string, string] => entry[1] !== null)) }
}

/** The beginning of a text; null for what is no file. A lock file may be long, and anything may call itself a text. */
async function readText(sandbox: Sandbox, path: string): Promise<string | null> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const bytes of chunksOf(await sandbox.fs.downloadFileStream(path, timeout))) {
      parts.push(bytes)
      size += bytes.length
      if (size >= projectFileBytes) break
    }
  } catch (error) {
    if (error instanceof DaytonaError && (error.statusCode ?? 500) < 500) return null
    throw error
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return new TextDecoder().decode(bytes.subarray(0, projectFileBytes))
}

/** Bytes as they come; who stops reading ends the download. Not every browser iterates over streams itself. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    while (true) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined) // It has ended, or nobody needs it any more.
  }
}
