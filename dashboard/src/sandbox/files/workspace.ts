import type { EditorState, Text } from '@codemirror/state'
import type { Content } from './read-file.ts'
import { createStore, type Store } from './store.ts'

/** A file that is open in a tab. */
export interface OpenFile {
  /** stays when the file is moved */
  readonly id: number
  readonly path: string
  readonly content: Content | { readonly kind: 'loading' } | { readonly kind: 'failed'; readonly error: Error }
  /** version of the file on the disk that the content is of; null where the platform gives none */
  readonly tag: string | null
  /** true when something was typed that is not saved */
  readonly isDirty: boolean
  readonly isSaving: boolean
  /** how the file on the disk is to the one that was read */
  readonly disk: 'same' | 'changed' | 'gone'
  /** line to show, from 1; a new object for each wish */
  readonly goTo: { readonly line: number } | null
  /** counts how often the content was read */
  readonly reading: number
}

/** A file on its way into the sandbox. */
export interface Upload {
  readonly id: number
  readonly path: string
  readonly sizeBytes: number
  readonly sentBytes: number
  readonly state: 'waiting' | 'sending' | 'done' | 'failed' | 'cancelled'
  /** why it failed */
  readonly fault: string | null
}

/** What a person has before them in the files of a sandbox. */
export interface View {
  /** folder that the tree begins in; null until the home is known */
  readonly root: string | null
  readonly expanded: ReadonlySet<string>
  /** id of the row where the keys are */
  readonly at: string | null
  readonly open: readonly OpenFile[]
  /** id of the file before the others */
  readonly shown: number | null
  readonly uploads: readonly Upload[]
}

/** What an editor holds, and leaves when it goes from the page. */
export interface Draft {
  /** the `reading` of the file that it began with */
  readonly reading: number
  readonly state: EditorState
  readonly scrollTop: number
}

/** Files of one sandbox, which stay as they are while other pages are looked at. */
export interface Workspace {
  readonly sandboxId: string
  readonly view: Store<View>
  /** by id of the file, as `saved` */
  readonly drafts: Map<number, Draft>
  /** what is on the disk, as far as is known */
  readonly saved: Map<number, Text>
  /** the editor that is on the page */
  current: { readonly id: number; readonly read: () => Draft } | null
}

let owner = ''
const workspaces = new Map<string, Workspace>()

/** The workspace of a sandbox. That of another user is forgotten. */
export function workspaceOf(userId: string, sandboxId: string): Workspace {
  if (userId !== owner) workspaces.clear()
  owner = userId
  const known = workspaces.get(sandboxId)
  if (known !== undefined) return known
  const view = { root: null, expanded: new Set<string>(), at: null, open: [], shown: null, uploads: [] }
  const drafts = new Map<number, Draft>()
  const made: Workspace = { sandboxId, view: createStore<View>(view), drafts, saved: new Map(), current: null }
  workspaces.set(sandboxId, made)
  return made
}

/** Changes one open file; nothing when it was closed meanwhile. */
export function changeFile({ view }: Workspace, id: number, change: Partial<OpenFile>): void {
  view.set((now) => ({ ...now, open: now.open.map((file) => (file.id === id ? { ...file, ...change } : file)) }))
}

/** True while something would be lost with the page. */
function isBusy({ view }: Workspace): boolean {
  const { open, uploads } = view.get()
  return open.some(({ isDirty }) => isDirty) || uploads.some(({ state }) => state === 'waiting' || state === 'sending')
}

addEventListener('beforeunload', (event) => {
  if ([...workspaces.values()].some(isBusy)) event.preventDefault()
})
