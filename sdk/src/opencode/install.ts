import { DaytonaError } from '../errors.ts'
import { quoteWord } from '../quote.ts'
import type { Sandbox } from '../sandbox.ts'
import { openCodeVersion } from './options.ts'

/** s that the installation may take: it fetches some 100 MB */
const installTimeout = 600

/**
 * Finds OpenCode in a sandbox, or installs it for the user there, and gives the absolute path of the program.
 *
 * @throws DaytonaError with the end of what npm said
 */
export async function installOpenCode(
  sandbox: Sandbox,
  version: string = openCodeVersion,
  onProgress: (text: string) => void = () => {},
): Promise<string> {
  const home = await sandbox.getUserHomeDir()
  const prefix = `${home}/.opencode`
  const program = `${prefix}/bin/opencode`
  const found = await sandbox.process.executeCommand(
    `${quoteWord(program)} --version 2>/dev/null && echo ${quoteWord(program)} || { command -v opencode >/dev/null && opencode --version && command -v opencode; }`,
  )
  const [foundVersion, foundPath] = found.result.trim().split('\n')
  if (found.exitCode === 0 && foundVersion === version && foundPath !== undefined) return foundPath
  if (!/^[\w.+-]+$/.test(version)) throw new DaytonaError(`${version} is no version of opencode-ai`)
  onProgress(`Installing opencode-ai ${version}`)
  // Not every npm runs the script that puts the program for this machine in its place; run twice, it does no harm.
  const install = `npm install --global --prefix ${quoteWord(prefix)} --no-audit --no-fund --loglevel=error opencode-ai@${version} &&
{ ${quoteWord(program)} --version || node ${quoteWord(`${prefix}/lib/node_modules/opencode-ai/postinstall.mjs`)}; } &&
${quoteWord(program)} --version`
  const { exitCode, result } = await sandbox.process.executeCommand(install, home, {}, installTimeout)
  if (exitCode !== 0)
    throw new DaytonaError(`opencode-ai ${version} could not be installed (exit code ${exitCode}): ${lastOf(result)}`)
  return program
}

/** The end of a long text. */
export function lastOf(text: string): string {
  return text.trim().slice(-2000)
}
