import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Image } from '@sandyard/sdk'
import { CommandError, exitCodes, usageError } from './exit-codes.ts'

/** Options of commands that build. */
export const buildFlags = {
  dockerfile: { type: 'text', short: 'f', value: 'FILE', doc: 'build from a Dockerfile; what it copies goes along' },
  context: {
    type: 'texts',
    short: 'c',
    value: 'FOLDER',
    doc: 'folder that COPY and ADD start from, default that of the Dockerfile',
  },
} as const

/**
 * The image of a Dockerfile. Paths that it copies are looked for in the one folder that was given as its context, and
 * then in the current one, where the published command line has them.
 */
export async function dockerfileImage(file: string, contexts: readonly string[], folder: string): Promise<Image> {
  const { Image, DaytonaInvalidArgumentError } = await import('@sandyard/sdk')
  const path = resolve(folder, file)
  if (!isKind(path, 'file')) throw new CommandError(`there is no Dockerfile ${file}`, exitCodes.usage)
  for (const context of contexts) {
    if (!isKind(resolve(folder, context), 'any')) throw usageError(`there is no file or folder ${context}`)
  }
  const [only, ...others] = contexts
  const tries: (string | undefined)[] = only === undefined ? [undefined] : [folder]
  if (only !== undefined && others.length === 0 && isKind(resolve(folder, only), 'folder'))
    tries.unshift(resolve(folder, only))
  let failure: unknown
  for (const context of tries) {
    try {
      return Image.fromDockerfile(path, context === undefined ? {} : { context })
    } catch (error) {
      if (!(error instanceof DaytonaInvalidArgumentError)) throw error
      // what is wrong in the first place that was named is what people want to know
      failure ??= error
    }
  }
  throw failure
}

function isKind(path: string, kind: 'file' | 'folder' | 'any'): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return false
  return kind === 'any' || (kind === 'file' ? found.isFile() : found.isDirectory())
}
