import { constants } from 'node:fs'
import { access, chmod, copyFile, link, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

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

/**
 * Puts the Node binary at `target`, as a link to one copy per base folder, so that all sandboxes share its pages in
 * memory whatever runtime they have. A copy, not the installed file: that one may belong to a user who can write to it.
 */
export async function placeNode(node: NodeBinary, baseDir: string, target: string): Promise<void> {
  const shared = join(baseDir, 'node', `${node.version}-${process.arch}`)
  const exists = await access(shared).then(
    () => true,
    () => false,
  )
  if (!exists) {
    await mkdir(dirname(shared), { recursive: true })
    const temporary = `${shared}.${process.pid}`
    try {
      await copyFile(node.path, temporary, constants.COPYFILE_FICLONE)
      await chmod(temporary, 0o755)
      await rename(temporary, shared)
    } finally {
      await rm(temporary, { force: true })
    }
  }
  await link(shared, target)
}
