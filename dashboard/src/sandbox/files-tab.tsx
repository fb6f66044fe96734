import type { Sandbox } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { FileText } from 'lucide-react'
import { type DragEvent, type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import { useKeys } from '../design/keys.ts'
import { Loaded } from '../design/page.tsx'
import { usePlatform } from '../platform/platform.tsx'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { FileDialogs } from './files/dialogs.tsx'
import './files/files.css'
import { checkFile } from './files/open-files.ts'
import { OpenTabs } from './files/open-tabs.tsx'
import { dropped } from './files/picked.ts'
import { SideBar } from './files/side-bar.tsx'
import { useFileActions } from './files/use-file-actions.tsx'
import { Viewer } from './files/viewer.tsx'
import { type Workspace, workspaceOf } from './files/workspace.ts'

/** Files of a started sandbox: a tree of its disk, and an editor. What is open and not saved waits while other pages are looked at. */
export function FilesTab({ sandbox: { id } }: { sandbox: SandboxDetail }): ReactNode {
  const { daytona, user } = usePlatform()
  const query = useQuery({
    queryKey: ['files-home', id],
    queryFn: async () => {
      const sandbox = await daytona.get(id)
      return { sandbox, home: await sandbox.getUserHomeDir() }
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  return (
    <Loaded query={query} what="The files could not be read">
      {({ sandbox, home }) => <Files sandbox={sandbox} home={home} workspace={workspaceOf(user.id, id)} />}
    </Loaded>
  )
}

function Files({
  sandbox: first,
  home,
  workspace,
}: {
  sandbox: Sandbox
  home: string
  workspace: Workspace
}): ReactNode {
  // What is open stays when the sandbox is read anew.
  const [sandbox] = useState(first)
  const view = useSyncExternalStore(workspace.view.subscribe, workspace.view.get)
  const actions = useFileActions(workspace, sandbox)
  const file = view.open.find(({ id }) => id === view.shown)
  const root = view.root ?? home
  useKeys({ 'mod+s': () => file?.content.kind === 'text' && actions.save(file.id) })
  useDiskChecks(workspace, sandbox)

  // What is dropped anywhere else on the page goes into the folder that is shown, and never into the text of an editor.
  const onDrop = (event: DragEvent): void => {
    if (!event.dataTransfer.types.includes('Files') || (event.target as Element).closest('.tree') !== null) return
    event.preventDefault()
    actions.upload(dropped(event.dataTransfer, root))
  }

  return (
    <div
      className="files"
      data-shown={file === undefined ? 'tree' : 'file'}
      onDragOverCapture={(event) => event.dataTransfer.types.includes('Files') && event.preventDefault()}
      onDropCapture={onDrop}
    >
      <SideBar workspace={workspace} view={view} sandbox={sandbox} home={home} actions={actions} />
      <section className="files-main" aria-label="Open files">
        {view.open.length > 0 && <OpenTabs workspace={workspace} view={view} actions={actions} />}
        {file === undefined ? (
          <div className="empty">
            <FileText aria-hidden />
            <h2>No file is shown</h2>
            <p>Choose one to look at it or to edit it. Drop files or folders here to send them to {root}.</p>
          </div>
        ) : (
          <Viewer workspace={workspace} file={file} actions={actions} />
        )}
      </section>
      <FileDialogs sandbox={sandbox} actions={actions} />
    </div>
  )
}

/** Looks after open files when the window, or the tab of the page, comes back. */
function useDiskChecks(workspace: Workspace, sandbox: Sandbox): void {
  useEffect(() => {
    const check = (): void => {
      if (document.hidden) return
      for (const { id } of workspace.view.get().open) void checkFile(workspace, sandbox, id)
    }
    check()
    addEventListener('focus', check)
    document.addEventListener('visibilitychange', check)
    return () => {
      removeEventListener('focus', check)
      document.removeEventListener('visibilitychange', check)
    }
  }, [workspace, sandbox])
}
