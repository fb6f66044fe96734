import { copyFile } from 'node:fs/promises'
import { runtimeMount } from '../runtime/spec.ts'
import { type Part, type PartStore, versionOf } from './parts.ts'
import { runProgram } from './program.ts'

/**
 * A program that starts by itself in any image: it names our loader, and our libraries by an RPATH, which holds for the
 * libraries of its libraries too and goes before LD_LIBRARY_PATH (a RUNPATH does neither).
 */
export async function loadedProgram(store: PartStore, names: readonly string[], path: string): Promise<Part[]> {
  const [first = ''] = names
  const kept = store.part(first, `${await versionOf(path)}-${revision}`, async (target) => {
    await copyFile(path, target)
    await runProgram('patchelf', [...loading, target])
  })
  return [kept, ...names.slice(1).map((name) => ({ ...kept, name }))]
}

/** Raised when the arguments below change. */
const revision = 1

const loading = [
  '--set-interpreter',
  `${runtimeMount}/lib/ld.so`,
  '--force-rpath',
  '--set-rpath',
  `${runtimeMount}/lib`,
] as const
