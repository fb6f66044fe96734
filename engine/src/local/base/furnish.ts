import {
  appendFile,
  chmod,
  chown,
  copyFile,
  cp,
  lchown,
  mkdir,
  readdir,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { Making } from './debian-root.ts'
import { runInRoot } from './debian-root.ts'
import { defaultRecipe } from './default-recipe.ts'
import type { NodeBinary } from './node-binary.ts'
import { runProgram } from './program.ts'

/** Downloads npm itself as a package file through the npm client of this machine, and gives its path. */
export async function downloadNpm(folder: string, signal?: AbortSignal): Promise<string> {
  const name = `npm@${defaultRecipe.npmVersion}`
  await runProgram('npm', ['pack', name, '--silent', '--pack-destination', folder], { cwd: folder, signal })
  return join(folder, `npm-${defaultRecipe.npmVersion}.tgz`)
}

/** Makes a fresh Debian the root of the default snapshot: Node and npm, the user, and files that sandboxes expect. */
export async function furnish(rootfs: string, node: NodeBinary, npmPackage: string, making: Making): Promise<void> {
  const { user } = defaultRecipe
  await addNode(rootfs, node, npmPackage)
  await addUser(rootfs)
  await writeSettings(rootfs)
  await removeTests(join(rootfs, 'usr/lib/python3/dist-packages'))
  making.progress('preparing matplotlib')
  // its font list takes seconds to make, and every sandbox would make its own
  await runInRoot(
    rootfs,
    user.id,
    ['/usr/bin/env', `HOME=${user.home}`, 'MPLBACKEND=Agg', 'python3', '-c', 'import matplotlib.pyplot'],
    making.signal,
  )
  for (const folder of ['dev', 'run', 'tmp']) await empty(join(rootfs, folder))
}

async function addNode(rootfs: string, node: NodeBinary, npmPackage: string): Promise<void> {
  const bin = join(rootfs, 'usr/local/bin')
  await copyFile(node.path, join(bin, 'node'))
  await chmod(join(bin, 'node'), 0o755)
  const npm = join(rootfs, 'usr/local/lib/node_modules/npm')
  await mkdir(npm, { recursive: true })
  await runProgram('tar', ['-xzf', npmPackage, '-C', npm, '--strip-components=1', '--no-same-owner'])
  for (const name of ['npm', 'npx']) {
    await chmod(join(npm, `bin/${name}-cli.js`), 0o755)
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name))
  }
}

async function addUser(rootfs: string): Promise<void> {
  const { name, id, home } = defaultRecipe.user
  await appendFile(join(rootfs, 'etc/passwd'), `${name}:x:${id}:${id}::${home}:/bin/bash\n`)
  await appendFile(join(rootfs, 'etc/group'), `${name}:x:${id}:\n`)
  await appendFile(join(rootfs, 'etc/shadow'), `${name}:*:19700:0:99999:7:::\n`)
  await appendFile(join(rootfs, 'etc/gshadow'), `${name}:!::\n`)
  const sudoers = join(rootfs, 'etc/sudoers.d', name)
  await writeFile(sudoers, `${name} ALL=(ALL:ALL) NOPASSWD: ALL\n`)
  await chmod(sudoers, 0o440)
  await cp(join(rootfs, 'etc/skel'), join(rootfs, home), { recursive: true })
  await chmod(join(rootfs, home), 0o755)
  await give(join(rootfs, home), id)
  // `npm install -g` and `pip install` put their files there, and work without sudo
  await mkdir(join(rootfs, 'usr/local/lib/python3.11/dist-packages'), { recursive: true })
  await give(join(rootfs, 'usr/local'), id)
}

async function writeSettings(rootfs: string): Promise<void> {
  // the engine mounts its own over these three
  for (const name of ['hostname', 'hosts', 'resolv.conf']) {
    const file = join(rootfs, 'etc', name)
    await rm(file, { force: true })
    await writeFile(file, '')
    await chmod(file, 0o644)
  }
  await writeFile(join(rootfs, 'etc/machine-id'), '')
  await writeFile(join(rootfs, 'etc/gitconfig'), '[init]\n\tdefaultBranch = main\n')
  await rm(join(rootfs, 'etc/apt/apt.conf.d/99mmdebstrap'), { force: true })
  await writeFile(
    join(rootfs, 'etc/apt/apt.conf.d/90slim'),
    'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n',
  )
  await rm(join(rootfs, 'etc/dpkg/dpkg.cfg.d/99mmdebstrap'), { force: true })
  await writeFile(
    join(rootfs, 'etc/dpkg/dpkg.cfg.d/slim'),
    defaultRecipe.excludedLater.map((pattern) => `path-exclude=${pattern}\n`).join(''),
  )
  // its file capability does not count in a user namespace
  await chmod(join(rootfs, 'usr/bin/ping'), 0o4755)
}

/** Removes the tests of Python packages: 85 MB. Left out of the packages, they would fail to install. */
async function removeTests(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory() && entry.name === 'tests') {
      await rm(join(entry.parentPath, entry.name), { recursive: true, force: true })
    }
  }
}

/** Gives a folder and all below it to a user and the group of the same id. */
async function give(folder: string, id: number): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true })) await lchown(join(folder, entry), id, id)
  await chown(folder, id, id)
}

async function empty(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) await rm(join(folder, entry), { recursive: true, force: true })
}
