import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runProgram } from './program.ts'

/** Shared libraries by the name they are asked for, each with its file on this machine, and the loader. */
export interface Libraries {
  readonly loader: string
  readonly files: ReadonlyMap<string, string>
}

/** Parts of glibc that native add-ons ask for beyond what node itself needs. */
const glibcExtras = ['libutil.so.1', 'librt.so.1', 'libresolv.so.2']

/** The loader and every shared library that the programs need, as this machine resolves them. */
export async function librariesOf(programs: readonly string[]): Promise<Libraries> {
  const lines = await runProgram('ldd', programs)
  const files = new Map<string, string>()
  let loader: string | undefined
  for (const line of lines) {
    const named = /^\s*(\S+) => (\/\S+) \(0x/.exec(line)
    if (named?.[1] !== undefined && named[2] !== undefined) files.set(named[1], named[2])
    else loader = /^\s*(\/\S*\/ld-linux\S+) \(0x/.exec(line)?.[1] ?? loader
  }
  const libc = files.get('libc.so.6')
  if (loader === undefined || libc === undefined || lines.some((line) => / => not found$/.test(line)))
    throw new Error(`ldd ${programs.join(' ')} named no loader, no libc, or not all libraries:\n${lines.join('\n')}`)
  for (const name of glibcExtras) {
    const file = join(dirname(libc), name)
    if (existsSync(file)) files.set(name, file)
  }
  files.set(basename(loader), loader)
  const real = await Promise.all([...files].map(async ([name, file]) => [name, await realpath(file)] as const))
  return { loader: await realpath(loader), files: new Map(real) }
}
