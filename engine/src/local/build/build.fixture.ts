import { randomUUID } from 'node:crypto'
import { createWriteStream, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import type { Engine, Resources, SnapshotInfo } from '@sandyard/protocol'
import { pack } from 'tar-stream'
import { createGround, type EngineGround, execute, specOf } from '../engine.fixture.ts'
import type { LocalEngineOptions } from '../engine.ts'

/** A file of a context: text, or something else. */
export type ContextFile =
  | string
  | {
      readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo'
      readonly text?: string | Buffer
      readonly mode?: number
      readonly linkname?: string
      readonly uid?: number
      readonly gid?: number
    }

/** What is given besides the Dockerfile. */
export interface BuildGiven {
  readonly resources?: Partial<Resources>
  readonly contexts?: readonly string[]
  readonly scope?: string
}

/** A snapshot that was built. */
export interface Built {
  readonly name: string
  readonly info: SnapshotInfo
  /** all that was told */
  readonly text: string
  readonly seconds: number
  /** Output of a command in a sandbox of it. */
  inside(command: string, user?: string): Promise<string>
  remove(): Promise<void>
}

/** An engine to build with. */
export interface Builds {
  readonly ground: EngineGround
  engine: Engine
  /** Builds with these files as the context. */
  build(dockerfile: string, files?: Readonly<Record<string, ContextFile>>, given?: BuildGiven): Promise<Built>
  /** The same, for a build that fails: what was told, and why it failed. */
  fail(
    dockerfile: string,
    files?: Readonly<Record<string, ContextFile>>,
    given?: BuildGiven,
  ): Promise<{ text: string; message: string; code: string }>
}

/** Opens an engine on a ground of its own. */
export async function openBuilds(change: Partial<LocalEngineOptions> = {}): Promise<Builds> {
  const ground = await createGround()
  const builds: Builds = {
    ground,
    engine: await ground.open(change),
    async build(dockerfile, files = {}, given = {}) {
      const name = `built-${randomUUID()}`
      const told: string[] = []
      const startedAt = performance.now()
      const contexts = given.contexts ?? [await writeTar(ground.data, files)]
      const { resources = {}, scope = 'test' } = given
      const order = { ...orderOf(name, { dockerfile, contexts, resources }), scope }
      let info: SnapshotInfo
      try {
        info = await builds.engine.makeSnapshot(order, (text) => told.push(text))
      } catch (error) {
        throw Object.assign(error as Error, { told: told.join('') })
      }
      const seconds = (performance.now() - startedAt) / 1000
      return {
        name,
        info,
        text: told.join(''),
        seconds,
        async inside(command, user = info.user) {
          const spec = specOf({ snapshot: name, user })
          await builds.engine.create(spec)
          try {
            return (await execute(builds.engine, spec.id, command)).result
          } finally {
            await builds.engine.destroy(spec.id)
          }
        },
        remove: () => builds.engine.removeSnapshot(name),
      }
    },
    async fail(dockerfile, files = {}, given = {}) {
      try {
        const built = await builds.build(dockerfile, files, given)
        await built.remove()
        throw new Error(`It was built:\n${built.text}`)
      } catch (error) {
        const { told, message, code } = error as Error & { told?: string; code?: string }
        if (told === undefined) throw error
        return { text: told, message, code: code ?? '' }
      }
    },
  }
  return builds
}

/** The order of a build. */
export function orderOf(
  name: string,
  {
    dockerfile,
    contexts,
    resources,
  }: { dockerfile: string; contexts: readonly string[]; resources: Partial<Resources> },
): Parameters<Engine['makeSnapshot']>[0] {
  return {
    name,
    source: { kind: 'dockerfile', dockerfile, contexts },
    scope: 'test',
    logins: [],
    resources: { cpu: 1, memoryGib: 1, diskGib: 3, ...resources },
  }
}

/** Writes a tar file of these and gives its `file:` URL. */
export async function writeTar(data: string, files: Readonly<Record<string, ContextFile>>): Promise<string> {
  const file = join(mkdtempSync(join(data, 'context-')), 'context.tar')
  await pipeline(tarOf(files), createWriteStream(file))
  return pathToFileURL(file).href
}

/** A tar file as a stream. */
export function tarOf(files: Readonly<Record<string, ContextFile>>): ReturnType<typeof pack> {
  const tar = pack()
  for (const [name, given] of Object.entries(files)) {
    const { text = '', type = 'file', ...rest } = typeof given === 'string' ? { text: given } : given
    tar.entry({ name, type, mode: type === 'directory' ? 0o755 : 0o644, ...rest }, text)
  }
  tar.finalize()
  return tar
}
