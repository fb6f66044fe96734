import type { Sandbox } from '@sandyard/sdk'
import { Eye, EyeOff, FilePlus2, FolderPlus, FolderUp, RotateCw, Upload, X } from 'lucide-react'
import { type ReactNode, type RefObject, useRef, useState } from 'react'
import { IconButton } from '../../design/icon-button.tsx'
import { useKeys } from '../../design/keys.ts'
import { PathBar } from './path-bar.tsx'
import { isWithin, parentOf } from './paths.ts'
import { pickedOf } from './picked.ts'
import { SearchResults } from './search.tsx'
import { Tree } from './tree.tsx'
import { UploadList } from './upload-list.tsx'
import type { FileActions } from './use-file-actions.tsx'
import type { View, Workspace } from './workspace.ts'

const hiddenKey = 'sandyard.files.hidden'
/** letters that a search needs */
const leastSearch = 2

/** The tree, and what goes with it. */
export function SideBar({
  workspace,
  view,
  sandbox,
  home,
  actions,
}: {
  workspace: Workspace
  view: View
  sandbox: Sandbox
  home: string
  actions: FileActions
}): ReactNode {
  const root = view.root ?? home
  const [text, setText] = useState('')
  const [isHiddenShown, setHiddenShown] = useState(() => localStorage.getItem(hiddenKey) === 'shown')
  const field = useRef<HTMLInputElement>(null)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const place = placeOf(view, root)
  useKeys({
    '/': () => field.current?.focus(),
    c: () => actions.ask({ kind: 'new-file', folder: place }),
  })
  const showHidden = (): void => {
    localStorage.setItem(hiddenKey, isHiddenShown ? 'hidden' : 'shown')
    setHiddenShown(!isHiddenShown)
  }

  return (
    <section className="files-side" aria-label="Files of the sandbox">
      <PathBar workspace={workspace} sandbox={sandbox} root={root} home={home} actions={actions} />
      <div className="files-tools" role="toolbar" aria-label="Files">
        <IconButton label="New file" onClick={() => actions.ask({ kind: 'new-file', folder: place })}>
          <FilePlus2 />
        </IconButton>
        <IconButton label="New folder" onClick={() => actions.ask({ kind: 'new-folder', folder: place })}>
          <FolderPlus />
        </IconButton>
        <IconButton label="Upload files" onClick={() => files.current?.click()}>
          <Upload />
        </IconButton>
        <IconButton label="Upload a folder" onClick={() => folder.current?.click()}>
          <FolderUp />
        </IconButton>
        <IconButton
          label={isHiddenShown ? 'Hide hidden files' : 'Show hidden files'}
          aria-pressed={isHiddenShown}
          onClick={showHidden}
        >
          {isHiddenShown ? <Eye /> : <EyeOff />}
        </IconButton>
        <IconButton label="Read again" onClick={actions.reread}>
          <RotateCw />
        </IconButton>
        <Picker input={files} isFolder={false} target={place} actions={actions} />
        <Picker input={folder} isFolder target={place} actions={actions} />
      </div>
      <div className="files-search">
        <input
          className="input"
          type="search"
          aria-label="Search in names and files"
          placeholder="Search in names and files"
          ref={field}
          value={text}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setText('')
            if (event.key !== 'ArrowDown') return
            document.querySelector<HTMLElement>('.found button, .tree')?.focus()
            event.preventDefault()
          }}
        />
        {text !== '' && (
          <IconButton label="End the search" onClick={() => setText('')}>
            <X />
          </IconButton>
        )}
      </div>
      {text.trim().length < leastSearch ? (
        <Tree
          workspace={workspace}
          view={view}
          root={root}
          sandbox={sandbox}
          actions={actions}
          isHiddenShown={isHiddenShown}
        />
      ) : (
        <SearchResults sandbox={sandbox} root={root} text={text.trim()} actions={actions} />
      )}
      <UploadList workspace={workspace} uploads={view.uploads} actions={actions} />
    </section>
  )
}

/** Where something new goes: into the folder that is open at the keys, or beside the file there. */
function placeOf({ at, expanded }: View, root: string): string {
  if (at === null || !isWithin(at, root)) return root
  const path = at.split('\0', 1)[0] ?? root
  return expanded.has(path) ? path : parentOf(path)
}

/** The browser's own way to choose files. */
function Picker({
  input,
  isFolder,
  target,
  actions,
}: {
  input: RefObject<HTMLInputElement | null>
  isFolder: boolean
  target: string
  actions: FileActions
}): ReactNode {
  return (
    <input
      type="file"
      multiple
      hidden
      aria-label={isFolder ? 'Folder to upload' : 'Files to upload'}
      ref={(element) => {
        input.current = element
        if (element !== null) element.webkitdirectory = isFolder
      }}
      onChange={({ currentTarget }) => {
        if (currentTarget.files !== null) actions.upload(pickedOf(currentTarget.files, target))
        currentTarget.value = ''
      }}
    />
  )
}
