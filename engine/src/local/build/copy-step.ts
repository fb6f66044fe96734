import { posix } from 'node:path'
import { type Instruction, isHeredocWord } from './dockerfile.ts'
import { lookupIn, parseList, type Reader, textOf } from './reader.ts'
import { refuse } from './refuse.ts'
import { expandAt, expandTextAt, findCopyFrom } from './stages.ts'
import type { CopyStep, From } from './step.ts'

/** Reads a COPY or ADD. */
export function copyStep(reader: Reader, instruction: Instruction): CopyStep {
  const { line, rest } = instruction
  const keyword = instruction.keyword === 'ADD' ? 'ADD' : 'COPY'
  const lookup = lookupIn(reader)
  const put = (word: string): string => expandAt(line, word, reader.escapeChar, lookup)
  const { from, owner, mode } = readFlags(reader, instruction, put)
  const words = parseList(rest) ?? rest.split(/\s+/)
  const to = put(words.at(-1) ?? '')
  const given = words.slice(0, -1)
  if (given.length === 0) refuse(line, `${keyword} requires at least two arguments`)
  const texts = instruction.heredocs.map(({ name, text, expands }) => ({
    name,
    text: expands ? expandTextAt(line, text, reader.escapeChar, lookup) : text,
  }))
  const named = given.filter((word) => texts.length === 0 || !isHeredocWord(word)).map(put)
  const urls = keyword === 'ADD' ? named.filter((word) => /^(https?|git|ssh):\/\/|^git@/i.test(word)) : []
  for (const url of urls)
    if (!isPlainUrl(url)) refuse(line, `ADD can fetch plain files by http and https only: ${url.slice(0, 200)}`)
  const sources = named.filter((word) => !urls.includes(word)).map((word) => inside(line, word))
  if (from.kind !== 'context' && (texts.length > 0 || urls.length > 0))
    refuse(line, '--from is for files of a stage or an image')
  const isFolder = /(^|\/)\.?$/.test(to)
  if (sources.length + texts.length + urls.length > 1 && !isFolder) {
    refuse(
      line,
      `When using ${keyword} with more than one source file, the destination must be a directory and end with a /`,
    )
  }
  if (to === '' || to.includes('\0')) refuse(line, `${keyword} has no valid destination`)
  return {
    kind: 'copy',
    keyword,
    line,
    text: textOf(instruction),
    from,
    sources,
    texts,
    urls,
    to: posix.resolve(reader.workDir ?? '/', to),
    isFolder,
    owner,
    mode,
  }
}

function readFlags(
  reader: Reader,
  { keyword, flags, line }: Instruction,
  put: (word: string) => string,
): { from: From; owner: string; mode: number | null } {
  let from: From = { kind: 'context' }
  let owner = ''
  let mode: number | null = null
  for (const [name, value] of flags) {
    if (name === 'from' && keyword === 'COPY') from = findCopyFrom(line, value, reader.stages, reader.stage.index)
    else if (name === 'chown') {
      owner = put(value)
      if (!/^[^\s:]+(:[^\s:]+)?$/.test(owner)) refuse(line, `invalid value of --chown: ${owner.slice(0, 100)}`)
    } else if (name === 'chmod') {
      const text = put(value)
      if (!/^[0-7]{1,4}$/.test(text))
        refuse(line, `--chmod takes an octal number, not ${JSON.stringify(text.slice(0, 50))}`)
      mode = Number.parseInt(text, 8)
    } else if (name === 'link') {
      // It changes how layers are made, not what is in them.
    } else refuse(line, `${keyword} here does not know the flag --${name.slice(0, 50)}`)
  }
  return { from, owner, mode }
}

/** A path is of the context, whatever it begins with; it cannot lead out of it. */
function inside(line: number, word: string): string {
  if (word.includes('\0')) refuse(line, 'a path has a zero byte in it')
  const path = posix.normalize(`/${word}`)
  if (posix.normalize(word).startsWith('../') || word === '..') {
    refuse(line, `forbidden path outside the build context: ${word.slice(0, 200)}`)
  }
  return path.slice(1).replace(/\/$/, '')
}

function isPlainUrl(url: string): boolean {
  try {
    const { protocol, pathname } = new URL(url)
    return /^https?:$/.test(protocol) && !pathname.endsWith('.git')
  } catch {
    return false
  }
}
