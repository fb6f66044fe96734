import { posix } from 'node:path'
import type { ImageConfig } from '../images/image.ts'
import { copyStep } from './copy-step.ts'
import type { Instruction } from './dockerfile.ts'
import { buildLimits } from './limits.ts'
import { lookupIn, parseList, type Reader, textOf } from './reader.ts'
import { refuse } from './refuse.ts'
import { runStep } from './run-step.ts'
import { expandAt, platformArgs, readArgs } from './stages.ts'
import type { FolderStep, NoteStep, Stage, Step } from './step.ts'
import { splitWords } from './words.ts'

/** Arguments that are there without being declared; a build here is given none of them. */
const proxyArgs = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY']

/** Reads the instructions of a stage, with all variables put in, into steps. Throws BAD_REQUEST with the line. */
export function evaluateStage(
  given: Pick<Reader, 'stage' | 'stages' | 'escapeChar' | 'globals' | 'budget'>,
  base: ImageConfig,
): Stage {
  const reader: Reader = {
    ...given,
    env: new Map(Object.entries(base.env)),
    args: new Map(),
    user: base.user,
    workDir: base.workDir,
    shell: ['/bin/sh', '-c'],
    entrypoint: base.entrypoint,
    cmd: base.cmd,
    hasOwnCmd: false,
  }
  const { stage } = given
  const steps = stage.instructions.map((instruction) => evaluate(reader, instruction))
  const { user, workDir, entrypoint, cmd } = reader
  return {
    index: stage.index,
    line: stage.begin.line,
    text: textOf(stage.begin),
    from: stage.from,
    steps,
    config: { user, workDir, env: Object.fromEntries(reader.env), entrypoint, cmd },
  }
}

function evaluate(reader: Reader, instruction: Instruction): Step {
  const { keyword, line, rest } = instruction
  const note = (text: string | null = null): NoteStep => ({ kind: 'note', line, text: textOf(instruction), note: text })
  const put = (word: string): string => expandAt(line, word, reader.escapeChar, lookupIn(reader))
  switch (keyword) {
    case 'RUN':
      return runStep(reader, instruction)
    case 'COPY':
    case 'ADD':
      return copyStep(reader, instruction)
    case 'WORKDIR':
      return folderStep(reader, instruction, put(rest))
    case 'ENV': {
      // All values of one line are made of what held before it.
      for (const [name, value] of readPairs(reader, instruction)) reader.env.set(name, value)
      refuseLarge(reader, line)
      return note()
    }
    case 'ARG':
      setArgs(reader, instruction)
      return note()
    case 'USER':
      reader.user = put(rest)
      if (/[\s\0]/.test(reader.user) || reader.user === '') refuse(line, `USER is not valid: ${rest.slice(0, 100)}`)
      return note()
    case 'SHELL':
      reader.shell = parseList(rest) ?? refuse(line, 'SHELL requires its arguments as a list in JSON')
      if (reader.shell.length === 0) refuse(line, 'SHELL requires at least one argument')
      return note()
    case 'ENTRYPOINT':
      reader.entrypoint = parseList(rest) ?? [...reader.shell, rest]
      // What the base had was for its own entrypoint.
      if (!reader.hasOwnCmd) reader.cmd = []
      return note()
    case 'CMD':
      reader.cmd = parseList(rest) ?? [...reader.shell, rest]
      reader.hasOwnCmd = true
      return note()
    case 'LABEL':
      readPairs(reader, instruction)
      return note()
    case 'ONBUILD':
      return note('not kept: nothing here is told to those who build on the image')
    case 'HEALTHCHECK':
      return note('not kept: a sandbox is not asked for its health')
    default:
      put(keyword === 'MAINTAINER' ? '' : rest)
      return note()
  }
}

function folderStep(reader: Reader, instruction: Instruction, path: string): FolderStep {
  if (path === '' || path.includes('\0')) refuse(instruction.line, 'WORKDIR requires a path')
  reader.workDir = posix.resolve(reader.workDir ?? '/', path)
  const { line } = instruction
  return { kind: 'folder', line, text: textOf(instruction), path: reader.workDir, user: reader.user }
}

function setArgs(reader: Reader, instruction: Instruction): void {
  const predefined = platformArgs()
  for (const [name, value] of readArgs(instruction, reader.escapeChar, lookupIn(reader))) {
    if (proxyArgs.includes(name.toUpperCase()) && value === undefined) continue
    reader.args.set(name, value ?? reader.globals.get(name) ?? predefined[name])
  }
  refuseLarge(reader, instruction.line)
}

/** The kernel starts no program with more, and every step is known by it. */
function refuseLarge({ env, args }: Reader, line: number): void {
  const length = [...env, ...args].reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0)
  if (length > buildLimits.environmentLength) {
    refuse(line, `all variables together are longer than ${buildLimits.environmentLength} characters`)
  }
}

/** `a=b c="d e"`, or `a the rest of the line`. */
function readPairs(reader: Reader, { keyword, line, rest }: Instruction): (readonly [string, string])[] {
  const lookup = lookupIn(reader)
  const put = (word: string): string => expandAt(line, word, reader.escapeChar, lookup)
  const words = splitWords(rest, reader.escapeChar)
  const [first = ''] = words
  const pairs = first.includes('=')
    ? words.map((word) => {
        const at = word.indexOf('=')
        if (at < 0)
          refuse(
            line,
            `Syntax error - can't find = in ${JSON.stringify(word.slice(0, 100))}. Must be of the form: name=value`,
          )
        return [put(word.slice(0, at)), put(word.slice(at + 1))] as const
      })
    : [[put(first), put(rest.slice(first.length).trim())] as const]
  if (!first.includes('=') && words.length < 2) refuse(line, `${keyword} must have two arguments`)
  for (const [name, value] of pairs) {
    if (name === '' || /[=\0]/.test(name)) refuse(line, `${keyword} names can not be blank`)
    if (value.includes('\0')) refuse(line, `${keyword} has a zero byte in a value`)
  }
  return pairs
}
