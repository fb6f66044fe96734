import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A program with its first arguments. */
export type Program = readonly [file: string, ...args: string[]]

/** Programs and files of our own, which need nothing of the image. */
export interface Tools {
  readonly node: Program
  /** git with its helpers and certificates; null where that of the image is to be used */
  readonly git: GitTools | null
  /** program that git asks for credentials, which it reads from its environment */
  readonly gitAskpass: string
  /** a static busybox; null where programs of the image are to be used */
  readonly busybox: string | null
  /** a server of SFTP on standard input and output; null where there is none */
  readonly sftpServer: string | null
  /** folders with programs that clients start to send and fetch files, for images that have none */
  readonly transferFolders: readonly string[]
  /** native add-on that makes terminals */
  readonly ptyAddon: string
  /** folder of our Python programs */
  readonly python: string
  /** the language server of a language, speaking on standard input and output */
  readonly languageServers: { readonly python: Program; readonly typescript: Program }
}

/** Our git: `program` finds its helpers by itself. */
export interface GitTools {
  readonly program: string
  /** folder of `git-remote-https` and its like, for GIT_EXEC_PATH */
  readonly execPath: string
  /** certificates of public authorities, for images that have none */
  readonly certificates: string
  /** the SSH client, for images that have none */
  readonly ssh: string
}

/**
 * Finds our tools: in the runtime folder that a sandbox has, else, as in tests of the agent, in this checkout.
 * The layout of the folder is that of `engine/src/local/base/runtime.ts`.
 */
export function findTools(runtime: string | undefined): Tools {
  return runtime === undefined || !existsSync(join(runtime, 'lib/ld.so')) ? toolsOfCheckout() : toolsOf(runtime)
}

function toolsOf(runtime: string): Tools {
  const node: Program = [join(runtime, 'lib/ld.so'), '--library-path', join(runtime, 'lib'), join(runtime, 'bin/node')]
  return {
    node,
    git: {
      program: join(runtime, 'bin/git'),
      execPath: join(runtime, 'libexec/git-core'),
      certificates: join(runtime, 'share/ca-certificates.crt'),
      ssh: join(runtime, 'bin/ssh'),
    },
    gitAskpass: join(runtime, 'libexec/git-askpass'),
    busybox: join(runtime, 'bin/busybox'),
    sftpServer: join(runtime, 'libexec/transfer/sftp-server'),
    transferFolders: [join(runtime, 'libexec/git-core'), join(runtime, 'libexec/transfer')],
    ptyAddon: join(runtime, 'addons/pty.node'),
    python: join(runtime, 'python'),
    languageServers: {
      python: [...node, join(runtime, 'lsp/pyright/langserver.index.js'), '--stdio'],
      typescript: [join(runtime, 'lsp/typescript/tsc'), '--lsp', '--stdio'],
    },
  }
}

function toolsOfCheckout(): Tools {
  const require = createRequire(import.meta.url)
  const folderOf = (name: string): string => dirname(require.resolve(`${name}/package.json`))
  const platform = `${process.platform}-${process.arch}`
  return {
    node: [process.execPath],
    git: null,
    gitAskpass: fileURLToPath(new URL('git/askpass.sh', import.meta.url)),
    busybox: null,
    sftpServer: ['/usr/lib/openssh/sftp-server'].find((path) => existsSync(path)) ?? null,
    transferFolders: [],
    ptyAddon: join(folderOf(`@lydell/node-pty-${platform}`), 'pty.node'),
    python: fileURLToPath(new URL('../python', import.meta.url)),
    languageServers: {
      python: [process.execPath, join(folderOf('pyright'), 'langserver.index.js'), '--stdio'],
      typescript: [join(folderOf(`@typescript/typescript-${platform}`), 'lib/tsc'), '--lsp', '--stdio'],
    },
  }
}
