import type { Sandbox } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useTell } from '../../design/toasts.tsx'
import { useCopy } from '../../design/use-copy.ts'
import { usePlatform } from '../../platform/platform.tsx'
import { downloadFile, downloadFolder } from './downloads.ts'
import { type Entry, listNow, useReread } from './folders.ts'
import { closeFile, followMove, loadFile, openFile, saveFile, showPlace } from './open-files.ts'
import { cleanPath, isWithin, nameOf, parentOf, shownName } from './paths.ts'
import type { Picked, PickedAll } from './picked.ts'
import { uploaderOf } from './uploads.ts'
import type { Workspace } from './workspace.ts'

/** What a dialog is asked for. */
export type Asked =
  | { readonly kind: 'new-file' | 'new-folder'; readonly folder: string }
  | { readonly kind: 'delete' | 'permissions'; readonly entry: Entry }
  | { readonly kind: 'discard'; readonly id: number }
  | { readonly kind: 'replace'; readonly picked: PickedAll; readonly there: readonly Picked[] }

/** All that can be done to the files of a sandbox. What fails says so in the corner. */
export interface FileActions {
  readonly asked: Asked | null
  ask(asked: Asked | null): void
  open(path: string, line?: number): void
  load(id: number): void
  save(id: number, isForced?: boolean): void
  /** Closes a file; asks where something would be lost. */
  close(id: number, isForced?: boolean): void
  download(path: string, isFolder: boolean): void
  copyPath(path: string): void
  /** Shows what a link leads to, where it lies. */
  follow(link: Entry): void
  /** Moves something to a path; false when it could not be. */
  move(from: string, to: string): Promise<boolean>
  makeFile(path: string): Promise<void>
  makeFolder(path: string): Promise<void>
  remove(entry: Entry): Promise<void>
  setPermissions(path: string, to: { mode: string; owner: string; group: string }): Promise<void>
  /** Sends what was picked; asks before something is replaced. */
  upload(picked: Promise<PickedAll> | PickedAll): void
  send(picked: PickedAll): void
  cancelUpload(id: number | null): void
  /** Sends the files again whose upload has failed. */
  sendAgain(): void
  reread(): void
}

/** The actions on the files of a sandbox. */
export function useFileActions(workspace: Workspace, sandbox: Sandbox): FileActions {
  const platform = usePlatform()
  const tell = useTell()
  const copy = useCopy()
  const queries = useQueryClient()
  const reread = useReread(sandbox.id)
  const [asked, ask] = useState<Asked | null>(null)
  const actions = useMemo(() => {
    const { fs } = sandbox
    const uploader = uploaderOf(workspace, platform)
    /** Runs what nobody waits for, and tells when it fails. */
    const run = (failed: string, work: Promise<unknown>): void =>
      void work.catch((error: unknown) => tell.failed(failed, error))
    const called = (path: string): string => shownName(nameOf(path))

    async function move(from: string, to: string): Promise<void> {
      await fs.moveFiles(from, to)
      followMove(workspace, from, to)
      reread(parentOf(from), parentOf(to))
    }

    async function prepare(picked: PickedAll): Promise<void> {
      const parents = new Set(picked.files.map(({ path }) => parentOf(path)))
      const there = new Set<string>()
      for (const parent of parents) for (const { path } of await listNow(queries, sandbox, parent)) there.add(path)
      const files = picked.files.map((one) => ({ ...one, isNew: !there.has(one.path) }))
      const replaced = files.filter(({ isNew }) => !isNew)
      if (replaced.length > 0) ask({ kind: 'replace', picked: { ...picked, files }, there: replaced })
      else send({ ...picked, files })
    }

    function send({ files, folders }: PickedAll): void {
      for (const folder of folders) run(`${called(folder)} was not made`, fs.createFolder(folder))
      uploader.send(files, (path) => reread(parentOf(path), parentOf(parentOf(path))))
    }

    return {
      open: (path: string, line?: number) =>
        run(`${called(path)} could not be read`, openFile(workspace, sandbox, path, line)),
      load: (id: number) => run('The file could not be read', loadFile(workspace, sandbox, id)),
      save: (id: number, isForced?: boolean) =>
        run(
          'Nothing was saved',
          saveFile(workspace, sandbox, id, isForced).then(() => reread()),
        ),
      close(id: number, isForced = false) {
        const isDirty = workspace.view.get().open.some((file) => file.id === id && file.isDirty)
        if (isDirty && !isForced) ask({ kind: 'discard', id })
        else closeFile(workspace, id)
      },
      download(path: string, isFolder: boolean) {
        if (!isFolder) return run(`${called(path)} could not be downloaded`, downloadFile(sandbox, path))
        tell.done(`${called(path)} is being packed; its download begins by itself`)
        run(`${called(path)} could not be downloaded`, downloadFolder(sandbox, path))
      },
      copyPath: (path: string) => copy(path, 'The path'),
      follow({ path, linkTarget, isBroken }: Entry) {
        const to = cleanPath(linkTarget ?? '', parentOf(path))
        if (!isBroken) return run(`${called(path)} could not be followed`, showPlace(workspace, sandbox, to))
        tell.failed(`${called(path)} leads nowhere`, new Error(`Nothing that can be read is at ${shownName(to)}`))
      },
      async move(from: string, to: string) {
        try {
          await move(from, to)
          const back = (): void => run(`${called(to)} was not moved back`, move(to, from))
          if (parentOf(from) === parentOf(to)) tell.done(`${called(from)} is ${called(to)} now`, back)
          else tell.done(`${called(from)} is in ${shownName(parentOf(to))} now`, back)
          return true
        } catch (error) {
          tell.failed(`${called(from)} was not moved`, error)
          return false
        }
      },
      async makeFile(path: string) {
        if (await fs.exists(path)) throw new Error('There is something with this name already')
        await fs.writeFile(path, '')
        reread(parentOf(path))
        // The dialog gives the focus back when it has closed, and would take it from the editor.
        setTimeout(() => run(`${called(path)} could not be read`, openFile(workspace, sandbox, path)), 60)
      },
      async makeFolder(path: string) {
        if (await fs.exists(path)) throw new Error('There is something with this name already')
        await fs.createFolder(path)
        reread(parentOf(path))
      },
      async remove({ path, isDir, linkTarget }: Entry) {
        await fs.deleteFile(path, isDir && linkTarget === null)
        for (const file of workspace.view.get().open) if (isWithin(file.path, path)) closeFile(workspace, file.id)
        reread(parentOf(path))
        tell.done(`${called(path)} is deleted`)
      },
      async setPermissions(path: string, to: { mode: string; owner: string; group: string }) {
        await fs.setFilePermissions(path, to)
        reread(parentOf(path))
      },
      upload: (picked: Promise<PickedAll> | PickedAll) =>
        run('Nothing was sent', Promise.resolve(picked).then(prepare)),
      send,
      sendAgain: () => uploader.sendAgain(),
      cancelUpload: (id: number | null) => (id === null ? uploader.cancelAll() : uploader.cancel(id)),
      reread: () => reread(),
    }
  }, [workspace, sandbox, platform, tell, copy, queries, reread])
  return useMemo(() => ({ ...actions, asked, ask }), [actions, asked])
}
