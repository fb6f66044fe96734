import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type AgentCode, bundleAgent, scriptsOf } from './agent-code.ts'
import type { Progress } from './base.ts'
import { makeCompileCache } from './compile-cache.ts'
import { findGit, gitParts } from './git-programs.ts'
import { librariesOf } from './libraries.ts'
import { takeLock } from './lock.ts'
import { findNode, nodePart } from './node-binary.ts'
import { type Part, PartStore, textPart } from './parts.ts'
import { staticPrograms, toolParts } from './tools.ts'
import { findTransfers, transferParts } from './transfer-programs.ts'

const making = '.making-'

/**
 * Makes the agent runtime, or finds the one that was made of the same parts. It needs nothing of the image it is
 * mounted in: `lib/ld.so --library-path lib bin/node agent.cjs` runs in an empty root, and so do the others.
 *
 * - `agent.cjs`, `main.cjs`, `commands.cjs`, `others.cjs`: the agent; `*.cjs.cache`: what is compiled of it
 * - `bin/`: `node`; `init` and `busybox`, which are static; `git` and `ssh`, which find the loader by themselves
 * - `lib/`: the loader `ld.so` and the libraries of all of these
 * - `libexec/git-core/`: programs that git starts; `libexec/git-askpass` hands it credentials
 * - `libexec/transfer/`: what answers clients who send and fetch files by SSH
 * - `share/ca-certificates.crt`, `addons/pty.node`, `python/*.py`, `lsp/pyright/`, `lsp/typescript/`
 *
 * What is large is linked to one copy per base folder.
 */
export async function prepareRuntime(baseDir: string, projectDir: string, progress: Progress): Promise<string> {
  const store = new PartStore(baseDir)
  const agent = await bundleAgent(projectDir)
  const parts = await listParts(store, projectDir, agent)
  const runtimeFolder = join(baseDir, `runtime-${digestOf(parts)}`)
  if (existsSync(runtimeFolder)) return runtimeFolder

  const onWait = (): void => progress('waiting for another process that is making an agent runtime')
  await using _lock = await takeLock(join(baseDir, 'runtime'), onWait)
  if (existsSync(runtimeFolder)) return runtimeFolder
  await store.removeLeftovers()
  await removeLeftovers(baseDir)
  const temporary = await mkdtemp(join(baseDir, making))
  try {
    await chmod(temporary, 0o755)
    for (const [at, part] of parts.entries()) {
      if (at % 10 === 0) progress(`making the agent runtime, ${at} of ${parts.length}`)
      await makeFolders(temporary, dirname(part.name))
      await part.place(join(temporary, part.name))
    }
    await makeCompileCache(temporary, scriptsOf(agent))
    await rename(temporary, runtimeFolder)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return runtimeFolder
}

async function listParts(store: PartStore, projectDir: string, agent: AgentCode): Promise<Part[]> {
  const lists = await Promise.all([
    agentParts(agent),
    programParts(store, projectDir),
    staticPrograms(store),
    toolParts(store, projectDir),
  ])
  return lists.flat()
}

function agentParts(agent: AgentCode): Part[] {
  return [...agent].map(([name, text]) => textPart(name, Buffer.from(text)))
}

/** Node, git, ssh and what sends files, with the libraries of all of them. */
async function programParts(store: PartStore, projectDir: string): Promise<Part[]> {
  const [node, git, transfers] = await Promise.all([findNode(projectDir), findGit(), findTransfers()])
  const programs = [node.path, git.git, git.http, git.ssh, ...git.others, ...Object.values(transfers)]
  const libraries = await librariesOf(programs)
  return [
    nodePart(store, node),
    await store.file('lib/ld.so', libraries.loader),
    ...(await Promise.all([...libraries.files].map(([name, file]) => store.file(`lib/${name}`, file)))),
    ...(await gitParts(store, git, projectDir)),
    ...(await transferParts(store, transfers)),
  ]
}

async function makeFolders(root: string, path: string): Promise<void> {
  const first = await mkdir(join(root, path), { recursive: true })
  // Whatever the umask is, sandboxes reach it.
  for (let folder = join(root, path); first !== undefined && folder !== root; folder = dirname(folder)) {
    await chmod(folder, 0o755)
  }
}

function digestOf(parts: readonly Part[]): string {
  const hash = createHash('sha256')
  for (const { name, identity } of parts) hash.update(`${name} ${identity}\n`)
  return hash.digest('hex').slice(0, 16)
}

/** Removes what a killed process left; nobody else makes anything here while we hold the lock. */
async function removeLeftovers(baseDir: string): Promise<void> {
  for (const name of await readdir(baseDir)) {
    if (name.startsWith(making)) await rm(join(baseDir, name), { recursive: true, force: true })
  }
}
