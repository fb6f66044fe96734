import type { Progress } from './base.ts'
import type { DebianMirror } from './debian-mirror.ts'
import { defaultRecipe } from './default-recipe.ts'
import { runProgram } from './program.ts'

/** What a set-up program gets to report and to be stopped by. */
export interface Making {
  readonly progress: Progress
  readonly signal?: AbortSignal | undefined
}

/** Installs the recipe's Debian packages into a new folder. Everything it mounts and starts ends with it. */
export async function installDebian(rootfs: string, mirror: DebianMirror, making: Making): Promise<void> {
  const { packages, excludedFiles, keptFiles, suite } = defaultRecipe
  const phases = installPhases(making.progress)
  await runIsolated(
    [
      'mmdebstrap',
      '--mode=root',
      '--variant=apt',
      '--format=directory',
      '--verbose',
      `--include=${packages.join(',')}`,
      ...['Acquire::Languages "none";', 'APT::Install-Recommends "false";', ...mirror.aptOptions].map(
        (option) => `--aptopt=${option}`,
      ),
      ...excludedFiles.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      ...keptFiles.map((pattern) => `--dpkgopt=path-include=${pattern}`),
      suite,
      rootfs,
      ...mirror.sources,
    ],
    { onLine: phases, signal: making.signal },
  )
}

/** Runs a program as a user of the new root, before its ids are shifted. */
export async function runInRoot(
  rootfs: string,
  userId: number,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  await runIsolated(['chroot', `--userspec=${userId}:${userId}`, rootfs, ...args], { signal })
}

async function runIsolated(
  args: readonly string[],
  options: { readonly onLine?: (line: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const isolation = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--']
  await runProgram('unshare', [...isolation, ...args], options)
}

/** Turns the lines of mmdebstrap into phases with counts. */
function installPhases(progress: Progress): (line: string) => void {
  let done = 0
  let total = 0
  return (line) => {
    if (line.startsWith('I: running apt-get update')) progress('reading package lists')
    if (line.startsWith('I: downloading packages')) progress('downloading packages')
    const planned = /^\d+ upgraded, (\d+) newly installed/.exec(line)
    if (planned !== null) total += Number(planned[1])
    if (line.startsWith('Setting up ')) {
      done += 1
      if (done % 10 === 0) progress(`installing packages, ${done} of ${total}`)
    }
  }
}
