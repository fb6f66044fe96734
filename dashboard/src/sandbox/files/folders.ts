import type { Sandbox } from '@sandyard/sdk'
import { type QueryClient, useQueries, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { joinPath } from './paths.ts'

/** A file or folder of the sandbox. */
export interface Entry {
  /** tells rows apart; names that are not UTF-8 can look the same */
  readonly id: string
  readonly name: string
  readonly path: string
  /** true for a link to a folder too */
  readonly isDir: boolean
  /** what is written in a symbolic link; null for what is none. All else is of what it leads to */
  readonly linkTarget: string | null
  /** true for a link that leads to nothing that can be read */
  readonly isBroken: boolean
  readonly size: number
  readonly modifiedAt: string
  /** `-rw-r--r--` */
  readonly mode: string
  /** octal, four digits */
  readonly permissions: string
  readonly owner: string
  readonly group: string
}

/** How it stands with what is in a folder. */
export interface Folder {
  readonly entries: readonly Entry[] | undefined
  readonly error: Error | null
}

const byName = new Intl.Collator(undefined, { numeric: true })
const keyOf = (sandboxId: string, path: string) => ['files', sandboxId, path] as const

function folderQuery(sandbox: Sandbox, path: string) {
  return {
    queryKey: keyOf(sandbox.id, path),
    queryFn: ({ signal }: { signal: AbortSignal }) => readFolder(sandbox, path, signal),
    // Read again when the window comes back, and not by the clock: a page that is left open must not keep a sandbox awake.
    staleTime: 2000,
  }
}

/** What is in each of the folders, read when it is asked for first. */
export function useFolders(sandbox: Sandbox, paths: readonly string[]): ReadonlyMap<string, Folder> {
  return useQueries({
    queries: paths.map((path) => folderQuery(sandbox, path)),
    combine: useCallback(
      (results: readonly { data: readonly Entry[] | undefined; error: Error | null }[]) =>
        new Map(
          results.map(({ data, error }, at): [string, Folder] => [paths[at] ?? '', { entries: data, error }] as const),
        ),
      [paths],
    ),
  })
}

/** Has folders read again, those that are shown at once; without paths all of the sandbox. */
export function useReread(sandboxId: string): (...paths: readonly string[]) => void {
  const queries = useQueryClient()
  return useCallback(
    (...paths) => {
      if (paths.length === 0) void queries.invalidateQueries({ queryKey: ['files', sandboxId] })
      for (const path of paths) void queries.invalidateQueries({ queryKey: keyOf(sandboxId, path) })
    },
    [queries, sandboxId],
  )
}

/** What is in a folder now; nothing for one that is not there. */
export async function listNow(queries: QueryClient, sandbox: Sandbox, path: string): Promise<readonly Entry[]> {
  const query = { ...folderQuery(sandbox, path), staleTime: 0, retry: false }
  return await queries.fetchQuery(query).catch((error: unknown) => {
    if ((error as { statusCode?: number }).statusCode === 404) return []
    throw error
  })
}

async function readFolder(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<readonly Entry[]> {
  const found = await sandbox.toolbox.call('listFiles', { query: { path, links: true } }, { signal })
  const met = new Map<string, number>()
  const entries = found.map((info): Entry => {
    const { name, isDir, size, modifiedAt, mode, permissions, owner, group } = info
    const { linkTarget = null, isBroken = false } = info
    const full = joinPath(path, name)
    const times = met.get(name) ?? 0
    met.set(name, times + 1)
    const facts = { name, isDir, linkTarget, isBroken, size, modifiedAt, mode, permissions, owner, group }
    return { ...facts, id: times === 0 ? full : `${full}\0${times}`, path: full }
  })
  return entries.sort((one, other) => Number(other.isDir) - Number(one.isDir) || byName.compare(one.name, other.name))
}
