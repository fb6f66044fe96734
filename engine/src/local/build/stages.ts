import { PlatformError } from '@sandyard/protocol'
import type { Dockerfile, Instruction } from './dockerfile.ts'
import { buildLimits } from './limits.ts'
import { refuse } from './refuse.ts'
import type { From } from './step.ts'
import { countUse, expand, expandText, type Lookup, splitWords, WordError } from './words.ts'

/** The instructions from one FROM to the next. */
export interface RawStage {
  readonly index: number
  /** its FROM */
  readonly begin: Instruction
  readonly name: string | null
  readonly from: From
  readonly instructions: readonly Instruction[]
}

/** A Dockerfile cut into stages. */
export interface RawStages {
  /** characters that variables may still put in */
  readonly budget: { left: number }
  /** those that the last one needs, and it, in their order */
  readonly stages: readonly RawStage[]
  /** values of ARG in front of the first FROM, for stages that ask for them */
  readonly globals: ReadonlyMap<string, string | undefined>
}

/** Variables that say what machine a build is for and on; both are this one. */
export function platformArgs(): Record<string, string> {
  const arch = machineArch()
  return Object.fromEntries(
    ['TARGET', 'BUILD'].flatMap((side) => [
      [`${side}PLATFORM`, `linux/${arch}`],
      [`${side}OS`, 'linux'],
      [`${side}ARCH`, arch],
      [`${side}VARIANT`, ''],
    ]),
  )
}

/** Cuts a Dockerfile into stages and leaves out what its last one does not need. Throws BAD_REQUEST with the line. */
export function cutStages({ instructions, escapeChar }: Dockerfile): RawStages {
  const globals = new Map<string, string | undefined>()
  const predefined = platformArgs()
  const budget = { left: buildLimits.expandedLength }
  const lookup = countUse(budget, (name) => globals.get(name) ?? predefined[name])
  const stages: RawStage[] = []
  let current: Instruction[] | null = null
  for (const instruction of instructions) {
    const { keyword, line } = instruction
    if (keyword === 'FROM') {
      current = []
      stages.push(readFrom(instruction, { escapeChar, lookup, stages, instructions: current }))
      if (stages.length > buildLimits.stages) refuse(line, `there are more than ${buildLimits.stages} stages`)
    } else if (current !== null) current.push(instruction)
    else if (keyword === 'ARG') {
      for (const [name, value] of readArgs(instruction, escapeChar, lookup)) globals.set(name, value)
    } else refuse(line, `${keyword} comes before the first FROM; only ARG may`)
  }
  if (stages.length === 0) throw new PlatformError('BAD_REQUEST', 'The Dockerfile has no FROM')
  return { stages: keepNeeded(stages), globals, budget }
}

/** Names and values of an ARG; a value is `undefined` when there is none. */
export function readArgs(
  { rest, line }: Instruction,
  escapeChar: string,
  lookup: Lookup,
): (readonly [name: string, value: string | undefined])[] {
  return splitWords(rest, escapeChar).map((word) => {
    const at = word.indexOf('=')
    const name = at < 0 ? word : word.slice(0, at)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) refuse(line, `ARG has no valid name: ${name.slice(0, 100)}`)
    return [name, at < 0 ? undefined : expandAt(line, word.slice(at + 1), escapeChar, lookup)] as const
  })
}

/** Puts the variables in; what cannot be read is refused with the line. */
export function expandAt(line: number, word: string, escapeChar: string, lookup: Lookup): string {
  return refuseWords(line, () => expand(word, { escapeChar, lookup }))
}

/** The same for text in which quotes are like any other character. */
export function expandTextAt(line: number, text: string, escapeChar: string, lookup: Lookup): string {
  return refuseWords(line, () => expandText(text, { escapeChar, lookup }))
}

function refuseWords(line: number, read: () => string): string {
  try {
    return read()
  } catch (error) {
    if (error instanceof WordError) refuse(line, error.message)
    throw error
  }
}

/** What `--from` and FROM name: an earlier stage, else an image. */
export function findFrom(name: string, earlier: readonly { name: string | null; index: number }[]): From {
  const stage = earlier.findLast((other) => other.name === name.toLowerCase())
  if (stage !== undefined) return { kind: 'stage', index: stage.index }
  return { kind: 'image', name }
}

/** The same for `--from`, which may be a number. */
export function findCopyFrom(line: number, name: string, stages: readonly RawStage[], index: number): From {
  const earlier = stages.filter((stage) => stage.index < index)
  if (!/^\d+$/.test(name)) {
    if (stages.find((stage) => stage.index === index)?.name === name.toLowerCase()) {
      refuse(line, `a stage cannot copy from itself: ${name}`)
    }
    return findFrom(name, earlier)
  }
  if (Number(name) >= index) refuse(line, `invalid from flag value ${name}: there is no such stage before this one`)
  return { kind: 'stage', index: Number(name) }
}

function readFrom(
  begin: Instruction,
  given: { escapeChar: string; lookup: Lookup; stages: readonly RawStage[]; instructions: Instruction[] },
): RawStage {
  const { line, flags } = begin
  const words = splitWords(begin.rest, given.escapeChar).map((word) =>
    expandAt(line, word, given.escapeChar, given.lookup),
  )
  const [image = '', as, name] = words
  if (words.length !== 1 && (words.length !== 3 || as?.toLowerCase() !== 'as')) {
    refuse(line, 'FROM requires either one or three arguments')
  }
  if (image === '') refuse(line, `base name (${begin.rest.slice(0, 200)}) should not be blank`)
  if (name !== undefined && !/^[a-z][a-z0-9_.-]*$/i.test(name)) refuse(line, `invalid name for build stage: ${name}`)
  for (const [flag, value] of flags) {
    if (flag !== 'platform') refuse(line, `unknown flag: ${flag}`)
    refuseOtherPlatform(line, expandAt(line, value, given.escapeChar, given.lookup))
  }
  return {
    index: given.stages.length,
    begin,
    name: name?.toLowerCase() ?? null,
    from: findFrom(image, given.stages),
    instructions: given.instructions,
  }
}

function refuseOtherPlatform(line: number, platform: string): void {
  const [os, arch, variant = ''] = platform.split('/')
  const isOurs = os === 'linux' && arch === machineArch() && ['', 'v8'].includes(variant)
  if (!isOurs && platform !== '')
    refuse(line, `platform ${platform} is not that of this machine, linux/${machineArch()}`)
}

function machineArch(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch
}

function keepNeeded(stages: readonly RawStage[]): RawStage[] {
  const needed = new Set([stages.length - 1])
  for (const stage of stages.toReversed()) {
    if (!needed.has(stage.index)) continue
    if (stage.from.kind === 'stage') needed.add(stage.from.index)
    for (const { flags, line } of stage.instructions) {
      for (const name of flags.flatMap(([flag, value]) => namesIn(flag, value))) {
        const from = findCopyFrom(line, name, stages, stage.index)
        if (from.kind === 'stage') needed.add(from.index)
      }
    }
  }
  return stages.filter(({ index }) => needed.has(index))
}

function namesIn(flag: string, value: string): string[] {
  if (flag === 'from') return [value]
  if (flag !== 'mount') return []
  return value.split(',').flatMap((option) => (option.startsWith('from=') ? [option.slice(5)] : []))
}
