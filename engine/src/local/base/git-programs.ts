import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { runtimeMount } from '../runtime/spec.ts'
import { loadedProgram } from './loaded-program.ts'
import { type Part, type PartStore, textPart } from './parts.ts'
import { findProgram, runProgram } from './program.ts'

/** The certificates that this machine trusts. */
const certificates = '/etc/ssl/certs/ca-certificates.crt'

/** Names that git asks for and that are one program; each is a link to it. */
const gitNames = ['git', 'git-upload-pack', 'git-receive-pack', 'git-upload-archive']
const httpNames = ['git-remote-http', 'git-remote-https']
/** Programs of their own: clone from a server of plain files, and what the script for submodules needs. */
const otherNames = ['git-http-fetch', 'git-sh-i18n--envsubst']
/** Where the image has a shell, these work too. */
const scripts = ['git-submodule', 'git-sh-setup', 'git-sh-i18n']

/** Programs of this machine that git is made of; all of them need libraries. */
export interface GitPrograms {
  readonly git: string
  readonly http: string
  readonly ssh: string
  readonly others: readonly string[]
  readonly scripts: readonly string[]
}

/** Finds them, or says what to install. */
export async function findGit(): Promise<GitPrograms> {
  const [folder = ''] = await runProgram(findProgram('git', 'git'), ['--exec-path'])
  const inFolder = (name: string): Promise<string> => realpath(join(folder, name))
  return {
    git: await inFolder('git'),
    http: await inFolder('git-remote-https'),
    ssh: await realpath(findProgram('ssh', 'openssh-client')),
    others: await Promise.all(otherNames.map(inFolder)),
    scripts: await Promise.all(scripts.map(inFolder)),
  }
}

/**
 * Git with all that clone, fetch and push need: `bin/git`, `bin/ssh`, `libexec/git-core`, certificates, and a program
 * that hands it credentials.
 */
export async function gitParts(store: PartStore, programs: GitPrograms, projectDir: string): Promise<Part[]> {
  const core = 'libexec/git-core'
  const askpass = await readFile(join(projectDir, 'agent/src/git/askpass.sh'), 'utf8')
  return [
    await loadedProgram(store, ['bin/git', ...gitNames.map((name) => `${core}/${name}`)], programs.git),
    await loadedProgram(
      store,
      httpNames.map((name) => `${core}/${name}`),
      programs.http,
    ),
    await loadedProgram(store, ['bin/ssh'], programs.ssh),
    ...(await Promise.all(
      otherNames.map((name, at) => loadedProgram(store, [`${core}/${name}`], programs.others[at] ?? '')),
    )),
    ...(await Promise.all(scripts.map((name, at) => store.file(`${core}/${name}`, programs.scripts[at] ?? '')))),
    await store.file('share/ca-certificates.crt', certificates),
    textPart(
      'libexec/git-askpass',
      Buffer.from(askpass.replace(/^#!\/bin\/sh\n/, `#!${runtimeMount}/bin/busybox sh\n`)),
      0o755,
    ),
  ].flat()
}
