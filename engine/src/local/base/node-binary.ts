import { constants } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Part, PartStore } from './parts.ts'

/** The Node that runs the agent and is `node` in the default snapshot. */
export interface NodeBinary {
  readonly path: string
  readonly version: string
}

/** Finds the Node binary that the project depends on. */
export async function findNode(projectDir: string): Promise<NodeBinary> {
  const require = createRequire(join(projectDir, 'package.json'))
  const manifest = require.resolve(`node-linux-${process.arch}/package.json`)
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  return { path: join(dirname(manifest), 'bin/node'), version }
}

/** `bin/node`. Its version stands for its content: 120 MB are not read at every start of a platform. */
export function nodePart(store: PartStore, node: NodeBinary): Part {
  return store.part('bin/node', `${node.version}-${process.arch}`, (target) =>
    copyFile(node.path, target, constants.COPYFILE_FICLONE),
  )
}
