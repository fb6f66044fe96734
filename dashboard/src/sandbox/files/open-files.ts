import { DaytonaPreconditionFailedError, type Sandbox } from '@sandyard/sdk'
import { foldersAbove, isWithin, movedPath, parentOf } from './paths.ts'
import { compareDisk, readFile, readTag } from './read-file.ts'
import { changeFile, type Draft, type OpenFile, type Workspace } from './workspace.ts'

let lastId = 0

/** Shows a file, which is read unless it is open; at a line if one is given. */
export async function openFile(workspace: Workspace, sandbox: Sandbox, path: string, line?: number): Promise<void> {
  const goTo = line === undefined ? null : { line }
  workspace.view.set((view) => ({ ...view, at: path, expanded: new Set([...view.expanded, ...foldersAbove(path)]) }))
  const known = workspace.view.get().open.find((file) => file.path === path)
  if (known === undefined) {
    const file = newFile(path, goTo)
    workspace.view.set((view) => ({ ...view, shown: file.id, open: [...view.open, file] }))
    return await loadFile(workspace, sandbox, file.id)
  }
  workspace.view.set((view) => ({ ...view, shown: known.id }))
  changeFile(workspace, known.id, { goTo })
  if (known.content.kind === 'failed') await loadFile(workspace, sandbox, known.id)
  else await checkFile(workspace, sandbox, known.id)
}

/** Shows something in the tree, which begins elsewhere when it is not in it. */
export async function showPlace({ view }: Workspace, sandbox: Sandbox, path: string): Promise<void> {
  await sandbox.fs.getFileDetails(path)
  const folder = parentOf(path)
  const shown = view.get().root ?? (await sandbox.getUserHomeDir())
  view.set((now) => ({
    ...now,
    root: isWithin(folder, shown) ? now.root : folder,
    at: path,
    expanded: new Set([...now.expanded, ...foldersAbove(path)]),
  }))
}

/** Reads a file from the disk; what was typed into it is gone. */
export async function loadFile(workspace: Workspace, sandbox: Sandbox, id: number): Promise<void> {
  const file = fileOf(workspace, id)
  if (file === undefined) return
  try {
    const { content, tag } = await readFile(sandbox, file.path)
    workspace.drafts.delete(id)
    const reading = (fileOf(workspace, id)?.reading ?? 0) + 1
    changeFile(workspace, id, { content, tag, reading, isDirty: false, disk: 'same' })
  } catch (error) {
    changeFile(workspace, id, { content: { kind: 'failed', error: asError(error) } })
  }
}

/** Looks whether the file has changed on the disk: then it is read again, unless something was typed into it. */
export async function checkFile(workspace: Workspace, sandbox: Sandbox, id: number): Promise<void> {
  const file = fileOf(workspace, id)
  if (file === undefined || file.tag === null || file.isSaving) return
  const disk = await compareDisk(sandbox, file.path, file.tag).catch(() => file.disk)
  const now = fileOf(workspace, id)
  // It was saved or read meanwhile, and is newer than what was asked about.
  if (now === undefined || now.tag !== file.tag || now.isSaving) return
  if (disk === 'changed' && !now.isDirty) await loadFile(workspace, sandbox, id)
  else if (disk !== now.disk) changeFile(workspace, id, { disk })
}

/**
 * Writes what was typed. A file that has changed on the disk since it was read is left as it is, and `disk` says so, unless
 * `isForced`.
 */
export async function saveFile(workspace: Workspace, sandbox: Sandbox, id: number, isForced = false): Promise<void> {
  const file = fileOf(workspace, id)
  const draft = draftOf(workspace, id)
  if (file === undefined || draft === undefined || file.isSaving) return
  changeFile(workspace, id, { isSaving: true })
  try {
    const ifMatch = isForced || file.tag === null ? {} : { ifMatch: file.tag }
    const { etag } = await sandbox.fs.writeFile(file.path, draft.state.sliceDoc(), ifMatch)
    const { doc } = draft.state
    workspace.saved.set(id, doc)
    const tag = etag ?? (await readTag(sandbox, file.path))
    // Somebody may have typed on.
    const isDirty = draftOf(workspace, id)?.state.doc.eq(doc) === false
    changeFile(workspace, id, { tag, disk: 'same', isDirty })
  } catch (error) {
    if (!(error instanceof DaytonaPreconditionFailedError) || file.tag === null) throw error
    const disk = await compareDisk(sandbox, file.path, file.tag)
    changeFile(workspace, id, { disk: disk === 'gone' ? 'gone' : 'changed' })
  } finally {
    changeFile(workspace, id, { isSaving: false })
  }
}

/** Closes a file; what was typed is gone. The one beside it is shown. */
export function closeFile({ view, drafts, saved }: Workspace, id: number): void {
  view.set((now) => {
    const at = now.open.findIndex((file) => file.id === id)
    const open = now.open.filter((file) => file.id !== id)
    return { ...now, open, shown: now.shown === id ? (open[Math.max(0, at - 1)]?.id ?? null) : now.shown }
  })
  drafts.delete(id)
  saved.delete(id)
}

/** Follows a file or folder that was moved: open files, and folders that are open in the tree. */
export function followMove({ view }: Workspace, from: string, to: string): void {
  view.set((now) => ({
    ...now,
    expanded: new Set([...now.expanded].map((path) => movedPath(path, from, to))),
    at: now.at === null ? null : movedPath(now.at, from, to),
    open: now.open.map((file) => ({ ...file, path: movedPath(file.path, from, to) })),
  }))
}

function draftOf({ current, drafts }: Workspace, id: number): Draft | undefined {
  return current?.id === id ? current.read() : drafts.get(id)
}

function fileOf({ view }: Workspace, id: number): OpenFile | undefined {
  return view.get().open.find((file) => file.id === id)
}

function newFile(path: string, goTo: OpenFile['goTo']): OpenFile {
  const state = { tag: null, isDirty: false, isSaving: false, disk: 'same', reading: 0 } as const
  return { id: ++lastId, path, content: { kind: 'loading' }, goTo, ...state }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
