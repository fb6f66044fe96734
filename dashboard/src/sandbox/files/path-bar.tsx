import type { Sandbox } from '@sandyard/sdk'
import { CornerLeftUp, House } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { IconButton } from '../../design/icon-button.tsx'
import { useTell } from '../../design/toasts.tsx'
import { cleanPath, parentOf } from './paths.ts'
import type { FileActions } from './use-file-actions.tsx'
import type { Workspace } from './workspace.ts'

/** The folder that the tree begins in; any other can be typed, and the path of a file too. */
export function PathBar({
  workspace,
  sandbox,
  root,
  home,
  actions,
}: {
  workspace: Workspace
  sandbox: Sandbox
  root: string
  home: string
  actions: FileActions
}): ReactNode {
  const tell = useTell()
  const [typed, setTyped] = useState(root)
  useEffect(() => setTyped(root), [root])
  const show = (path: string): void => workspace.view.set((now) => ({ ...now, root: path, at: null }))

  async function go(): Promise<void> {
    const path = cleanPath(typed.trim().replace(/^~(?=\/|$)/, home), root)
    try {
      const { isDir } = await sandbox.fs.getFileDetails(path)
      show(isDir ? path : parentOf(path))
      setTyped(isDir ? path : parentOf(path))
      if (!isDir) actions.open(path)
    } catch (error) {
      tell.failed(`${path} cannot be shown`, error)
    }
  }

  return (
    <form
      className="path-bar"
      onSubmit={(event) => {
        event.preventDefault()
        void go()
      }}
    >
      <IconButton label="Folder above" disabled={root === '/'} onClick={() => show(parentOf(root))}>
        <CornerLeftUp />
      </IconButton>
      <IconButton label="Home" disabled={root === home} onClick={() => show(home)}>
        <House />
      </IconButton>
      <input
        className="input mono"
        aria-label="Folder"
        spellCheck={false}
        autoCapitalize="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onFocus={(event) => event.target.select()}
        onBlur={() => setTyped(root)}
      />
    </form>
  )
}
