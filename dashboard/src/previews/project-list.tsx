import { FolderGit2, GitPullRequest, Pencil, Plus, Trash2, Webhook } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded, Page } from '../design/page.tsx'
import { ago, moment } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { useMay } from '../platform/permissions.ts'
import { type Project, usePreviews, useProjects } from './calls.ts'
import { OutLink, PreviewsNav } from './parts.tsx'
import { StartPreview } from './preview-dialogs.tsx'
import { CreateProject, DeleteProject, EditProject, WebhookSetup } from './project-dialogs.tsx'
import { repositoryName } from './words.ts'

/** What is open above the list. */
type Open =
  | { readonly kind: 'create' }
  | { readonly kind: 'edit' | 'delete' | 'start'; readonly project: Project }
  | { readonly kind: 'webhook'; readonly project: Project; readonly secret: string | null }

/** Repositories that previews are made of. */
export function ProjectList(): ReactNode {
  const query = useProjects()
  const mayWrite = useMay()('write:sandboxes')
  const [open, setOpen] = useState<Open | null>(null)
  const create = (): void => setOpen({ kind: 'create' })
  useKeys({ c: () => mayWrite && create() })
  return (
    <Page
      title="Previews"
      actions={
        mayWrite && (
          <button type="button" className="button" data-kind="primary" onClick={create}>
            <Plus aria-hidden /> Set up a repository
          </button>
        )
      }
    >
      <PreviewsNav current="/previews/projects" />
      <Loaded query={query} what="Your projects could not be read">
        {(projects) =>
          projects.length === 0 ? (
            <NoneYet onCreate={mayWrite ? create : undefined} />
          ) : (
            <ProjectTable projects={projects} onOpen={setOpen} />
          )
        }
      </Loaded>
      <Opened open={open} onOpen={setOpen} />
    </Page>
  )
}

function ProjectTable({ projects, onOpen }: { projects: readonly Project[]; onOpen: (open: Open) => void }): ReactNode {
  const now = useNow(15_000)
  const previews = usePreviews().data ?? []
  const may = useMay()
  const columns: readonly Column<Project>[] = [
    {
      name: 'Name',
      sortBy: ({ name }) => name,
      cell: (project) => (
        <div className="stack">
          <span>{project.name}</span>
          <span className="small">
            <OutLink url={project.repository}>{repositoryName(project.repository)}</OutLink>
          </span>
        </div>
      ),
    },
    {
      name: 'Previews',
      isNumber: true,
      cell: ({ id }) => previews.filter(({ projectId }) => projectId === id).length,
    },
    {
      name: 'Webhooks',
      cell: ({ lastWebhookAt }) =>
        lastWebhookAt === null ? (
          <span className="quiet">none has come</span>
        ) : (
          <span title={moment(lastWebhookAt)}>{ago(lastWebhookAt, now)}</span>
        ),
    },
    {
      name: 'The git host is told',
      cell: ({ reporting, reportError, hasToken }) =>
        reportError !== null ? (
          <span className="fault">nothing: {reportError}</span>
        ) : (
          <span className={hasToken ? undefined : 'quiet'}>
            {hasToken ? reportingText[reporting] : 'nothing: it has no token'}
          </span>
        ),
    },
    { name: 'Forks', isExtra: true, cell: ({ forks }) => (forks ? 'built' : 'left out') },
  ]
  const actionsOf = (project: Project): readonly MenuAction[] => [
    { name: 'Webhook and its secret', icon: Webhook, run: () => onOpen({ kind: 'webhook', project, secret: null }) },
    ...(may('write:sandboxes')
      ? [
          { name: 'Preview a branch…', icon: GitPullRequest, run: () => onOpen({ kind: 'start', project }) },
          { name: 'Change…', icon: Pencil, run: () => onOpen({ kind: 'edit', project }) },
        ]
      : []),
    ...(may('delete:sandboxes')
      ? [{ name: 'Delete…', icon: Trash2, isDanger: true, run: () => onOpen({ kind: 'delete', project }) }]
      : []),
  ]
  return (
    <DataTable
      label="Projects"
      rows={projects}
      columns={columns}
      keyOf={({ id }) => id}
      menu={(project) => <ActionMenu of={project.name} actions={actionsOf(project)} />}
    />
  )
}

const reportingText: Readonly<Record<Project['reporting'], string>> = {
  comment: 'a comment',
  status: 'a status',
  both: 'a comment and a status',
  none: 'nothing',
}

function Opened({ open, onOpen }: { open: Open | null; onOpen: (open: Open | null) => void }): ReactNode {
  const previews = usePreviews().data ?? []
  const onClose = (): void => onOpen(null)
  switch (open?.kind) {
    case undefined:
      return null
    case 'create':
      return (
        <CreateProject
          onCreated={(project, secret) => onOpen({ kind: 'webhook', project, secret })}
          onClose={onClose}
        />
      )
    case 'edit':
      return <EditProject project={open.project} onClose={onClose} />
    case 'start':
      return <StartPreview repository={open.project.repository} onClose={onClose} />
    case 'delete':
      return (
        <DeleteProject
          project={open.project}
          previews={previews.filter(({ projectId }) => projectId === open.project.id).length}
          onClose={onClose}
        />
      )
    case 'webhook':
      return <WebhookSetup project={open.project} secret={open.secret} onClose={onClose} />
  }
}

function NoneYet({ onCreate }: { onCreate: (() => void) | undefined }): ReactNode {
  return (
    <div className="empty">
      <FolderGit2 aria-hidden />
      <h2>No repositories yet</h2>
      <p>
        A repository that is set up here gets a preview for each pull request. One is set up by itself with its first
        preview, too.
      </p>
      {onCreate !== undefined && (
        <button type="button" className="button" data-kind="primary" onClick={onCreate}>
          <Plus aria-hidden /> Set up your first repository
        </button>
      )}
    </div>
  )
}
