import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleAgent } from './agent-code.ts'
import type { Progress } from './base.ts'
import { cachedAgent, makeCompileCache } from './compile-cache.ts'
import { librariesOf } from './libraries.ts'
import { findNode, placeNode } from './node-binary.ts'

/** Static init programs of the distribution, the first one found is taken. */
const inits = ['/usr/bin/catatonit', '/usr/libexec/catatonit/catatonit', '/usr/bin/tini-static']

/** What goes into a runtime folder. */
interface Part {
  /** path inside the folder */
  readonly name: string
  readonly mode: number
  readonly content: Uint8Array
}

/**
 * Makes the agent runtime, or finds the one that was made of the same parts:
 * `bin/node`, `bin/init`, `lib/ld.so` with the libraries of node, `agent.cjs` and its compile cache. It needs nothing of the image it is
 * mounted in: `lib/ld.so --library-path lib bin/node agent.cjs` runs in an empty root.
 */
export async function prepareRuntime(baseDir: string, projectDir: string, progress: Progress): Promise<string> {
  const node = await findNode(projectDir)
  const [agent, libraries, init] = await Promise.all([bundleAgent(projectDir), librariesOf(node.path), readInit()])
  const parts: Part[] = [
    { name: 'agent.cjs', mode: 0o644, content: Buffer.from(cachedAgent) },
    { name: 'main.cjs', mode: 0o644, content: agent },
    { name: 'bin/init', mode: 0o755, content: init },
    { name: 'lib/ld.so', mode: 0o755, content: await readFile(libraries.loader) },
  ]
  for (const [name, file] of libraries.files) {
    parts.push({ name: `lib/${name}`, mode: 0o755, content: await readFile(file) })
  }
  const runtimeFolder = join(baseDir, `runtime-${digestOf(`${node.version}-${process.arch}`, parts)}`)
  if (existsSync(runtimeFolder)) return runtimeFolder

  progress('making the agent runtime')
  const temporary = await mkdtemp(join(baseDir, '.runtime-'))
  try {
    for (const folder of ['bin', 'lib']) {
      await mkdir(join(temporary, folder))
      await chmod(join(temporary, folder), 0o755)
    }
    await placeNode(node, baseDir, join(temporary, 'bin/node'))
    for (const part of parts) {
      await writeFile(join(temporary, part.name), part.content, { mode: part.mode })
      await chmod(join(temporary, part.name), part.mode)
    }
    await chmod(temporary, 0o755)
    await makeCompileCache(temporary)
    await rename(temporary, runtimeFolder)
  } catch (error) {
    // another process made the same one meanwhile
    if (!existsSync(runtimeFolder)) throw error
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return runtimeFolder
}

function digestOf(node: string, parts: readonly Part[]): string {
  const hash = createHash('sha256').update(node)
  for (const part of parts) hash.update(`\n${part.name} ${part.mode} ${part.content.length}\n`).update(part.content)
  return hash.digest('hex').slice(0, 16)
}

async function readInit(): Promise<Uint8Array> {
  for (const path of inits) {
    if (existsSync(path)) return readFile(path)
  }
  throw new Error(
    `no init program for sandboxes is installed: apt-get install catatonit (looked for ${inits.join(', ')})`,
  )
}
