import type { Instruction } from './dockerfile.ts'
import { isHeredocWord } from './dockerfile.ts'
import { lookupIn, parseList, type Reader, textOf } from './reader.ts'
import { refuse } from './refuse.ts'
import { parseRunMount } from './run-mount.ts'
import { expandAt, findCopyFrom } from './stages.ts'
import { type RunMount, type RunStep, scriptPath } from './step.ts'

/** Reads a RUN: words for the shell, a list in JSON, or text that follows it. */
export function runStep(reader: Reader, instruction: Instruction): RunStep {
  const { line } = instruction
  const mounts: RunMount[] = []
  let hasNetwork = true
  for (const [name, value] of instruction.flags) {
    const given = expandAt(line, value, reader.escapeChar, lookupIn(reader))
    if (name === 'mount') {
      const findFrom = (from: string) => findCopyFrom(line, from, reader.stages, reader.stage.index)
      const mount = parseRunMount(given, { line, workDir: reader.workDir ?? '/', findFrom })
      if (mount !== null) mounts.push(mount)
    } else if (name === 'network') {
      if (given !== 'none' && given !== 'default') refuse(line, `RUN cannot have the network ${given.slice(0, 50)}`)
      hasNetwork = given === 'default'
    } else if (name === 'security') {
      if (given !== 'sandbox') refuse(line, 'RUN cannot be run without its sandbox')
    } else refuse(line, `unknown flag: ${name}`)
  }
  if (mounts.length > 32) refuse(line, 'RUN has more than 32 mounts')
  return {
    kind: 'run',
    line,
    text: textOf(instruction),
    ...programOf(reader, instruction),
    env: { ...declaredArgs(reader), ...Object.fromEntries(reader.env) },
    user: reader.user,
    workDir: reader.workDir ?? '/',
    hasNetwork,
    mounts,
  }
}

/** Arguments that have a value, as programs see them. */
function declaredArgs(reader: Reader): Record<string, string> {
  return Object.fromEntries([...reader.args].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function programOf(reader: Reader, { rest, heredocs, line }: Instruction): Pick<RunStep, 'args' | 'script'> {
  const list = heredocs.length === 0 ? parseList(rest) : null
  if (list !== null) {
    if (list.length === 0) refuse(line, 'RUN requires at least one argument')
    return { args: list, script: null }
  }
  const [only] = heredocs
  if (only === undefined) return { args: [...reader.shell, rest], script: null }
  if (heredocs.length === 1 && isHeredocWord(rest)) {
    // Text alone is a program: of the shell, or of what its first line names.
    return only.text.startsWith('#!')
      ? { args: [scriptPath], script: only.text }
      : { args: [...reader.shell, only.text], script: null }
  }
  // The shell reads it, so it is given everything as it stands in the file.
  const bodies = heredocs.map(({ name, text }) => `${text}${name}\n`)
  return { args: [...reader.shell, `${rest}\n${bodies.join('')}`], script: null }
}
