import { type ReactNode, useState } from 'react'
import { CopyField } from '../design/copy-field.tsx'
import { CheckField, SelectField, TextField } from '../design/fields.tsx'
import { Fold } from '../design/fold.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { Done, Modal } from '../design/modal.tsx'
import { Note } from '../design/notes.tsx'
import { ago } from '../design/times.ts'
import { useTell } from '../design/toasts.tsx'
import { useMay } from '../platform/permissions.ts'
import { type Project, type ProjectChange, usePreviewCalls } from './calls.ts'
import { LoginFields, readLogin, readServing, ServingFields } from './serving-fields.tsx'

const hostNames: Readonly<Record<Project['host'], string>> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  gitea: 'Gitea or Forgejo',
  other: 'another, which sends no webhooks',
}

/** Sets up a repository. What comes of it has the secret of its webhooks, which is shown once. */
export function CreateProject({
  onCreated,
  onClose,
}: {
  onCreated: (project: Project, secret: string) => void
  onClose: () => void
}): ReactNode {
  const calls = usePreviewCalls()
  async function create(form: FormData): Promise<void> {
    const { webhookSecret, ...project } = await calls.makeProject({
      repository: textOf(form, 'repository') ?? '',
      ...readProject(form),
      ...readServing(form),
    })
    onCreated(project, webhookSecret)
  }
  return (
    <FormDialog
      title="Set up a repository"
      description="Its pull requests get previews by themselves, once its git host sends webhooks here."
      verb="Set up"
      isOpenAfter
      onSubmit={create}
      onClose={onClose}
    >
      <TextField
        label="Repository"
        name="repository"
        placeholder="https://github.com/acme/shop"
        autoCapitalize="none"
        required
      />
      <ProjectFields />
    </FormDialog>
  )
}

/** Changes how previews of a repository are made, from the next run on. */
export function EditProject({ project, onClose }: { project: Project; onClose: () => void }): ReactNode {
  const calls = usePreviewCalls()
  const tell = useTell()
  async function save(form: FormData): Promise<void> {
    await calls.changeProject(project.id, { ...readProject(form), ...readServing(form, project.settings) })
    tell.done(`${project.name} is changed`)
  }
  return (
    <FormDialog
      title={`Change ${project.name}`}
      description="It counts from the next run on. A field that is made empty stays as it was."
      verb="Save"
      onSubmit={save}
      onClose={onClose}
    >
      <TextField label="Name" name="name" defaultValue={project.name} maxLength={253} required />
      <ProjectFields project={project} />
    </FormDialog>
  )
}

function ProjectFields({ project }: { project?: Project }): ReactNode {
  return (
    <>
      <CheckField
        label="Previews of forks"
        name="forks"
        hint="Pull requests of strangers are built, too: without secrets, token and cache."
        defaultChecked={project?.forks ?? false}
      />
      <div>
        <Fold title="Git host" what={project === undefined ? 'found by the URL' : hostNames[project.host]}>
          <SelectField label="Host" name="host" defaultValue={project?.host ?? ''}>
            {project === undefined && <option value="">found by the URL</option>}
            {Object.entries(hostNames).map(([host, name]) => (
              <option key={host} value={host}>
                {name}
              </option>
            ))}
          </SelectField>
          <TextField
            label="Base of its API"
            name="apiUrl"
            type="url"
            placeholder="found by the URL"
            defaultValue={project?.apiUrl ?? ''}
          />
          <SelectField
            label="What it is told"
            name="reporting"
            hint="Needs a token that may write."
            defaultValue={project?.reporting ?? 'comment'}
          >
            <option value="comment">a comment in the pull request</option>
            <option value="status">a status of the commit</option>
            <option value="both">both</option>
            <option value="none">nothing</option>
          </SelectField>
        </Fold>
        <LoginFields {...(project === undefined ? {} : { project })} />
        <ServingFields {...(project === undefined ? {} : { settings: project.settings })} />
      </div>
    </>
  )
}

function readProject(form: FormData): ProjectChange {
  const [name, host, apiUrl, reporting] = ['name', 'host', 'apiUrl', 'reporting'].map((field) => textOf(form, field))
  return {
    ...(name === undefined ? {} : { name }),
    ...(host === undefined ? {} : { host: host as Project['host'] }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(reporting === undefined ? {} : { reporting: reporting as Project['reporting'] }),
    forks: form.has('forks'),
    ...readLogin(form),
  }
}

/** Asks before a project is deleted. */
export function DeleteProject({
  project,
  previews,
  onClose,
}: {
  project: Project
  previews: number
  onClose: () => void
}): ReactNode {
  const calls = usePreviewCalls()
  const tell = useTell()
  async function remove(): Promise<void> {
    await calls.removeProject(project.id)
    tell.done(`${project.name} goes`)
  }
  return (
    <FormDialog title={`Delete ${project.name}?`} verb="Delete" isDanger onSubmit={remove} onClose={onClose}>
      <p>
        {previews === 0
          ? 'It has no previews.'
          : `Its ${previews === 1 ? 'preview' : `${previews} previews`} and their sandboxes are lost.`}{' '}
        So are its settings, its token and its cache of packages. The repository is not touched; its webhook there fails
        from now on.
      </p>
    </FormDialog>
  )
}

/** Where the git host sends its webhooks, and what to set there. `secret`: a new one, shown this once. */
export function WebhookSetup({
  project,
  secret: given = null,
  onClose,
}: {
  project: Project
  secret?: string | null
  onClose: () => void
}): ReactNode {
  const calls = usePreviewCalls()
  const may = useMay()('write:sandboxes')
  const tell = useTell()
  const [secret, setSecret] = useState(given)
  const [isSure, setSure] = useState(false)
  const rotate = (): void =>
    void calls.newSecret(project.id).then(
      ({ webhookSecret }) => setSecret(webhookSecret),
      (error: unknown) => tell.failed('There is no new secret', error),
    )
  return (
    <Modal
      title={`Webhooks of ${project.name}`}
      description={
        project.lastWebhookAt === null
          ? 'None has come yet.'
          : `The last one came ${ago(project.lastWebhookAt, Date.now())}.`
      }
      isKept={secret !== null}
      onClose={onClose}
    >
      <CopyField label="The address" value={project.webhookUrl} />
      {secret !== null && (
        <>
          <CopyField label="The secret" value={secret} />
          <Note>It is shown this once.</Note>
        </>
      )}
      <HostSteps host={project.host} />
      <Done onClose={onClose}>
        {may && secret === null && (
          <button type="button" className="button" onClick={isSure ? rotate : () => setSure(true)}>
            {isSure ? 'Yes: the old secret ends now' : 'Create a new secret'}
          </button>
        )}
      </Done>
    </Modal>
  )
}

/** What to set where, in the words of the git hosts. */
const hostSteps: Readonly<Record<Project['host'], readonly string[]>> = {
  github: [
    'Settings, Webhooks, Add webhook',
    'Payload URL: the address. Content type: application/json. Secret: the secret',
    'Let me select individual events: Pull requests, Pushes, Branch or tag deletion',
  ],
  gitlab: [
    'Settings, Webhooks, Add new webhook',
    'URL: the address. Signing token: the secret; where there is none, as Secret token',
    'Trigger: Push events, Merge request events',
  ],
  gitea: [
    'Settings, Webhooks, Add webhook, Gitea or Forgejo',
    'Target URL: the address. Method POST, application/json. Secret: the secret',
    'Custom events: Push, Delete, Pull request, Pull request synchronized',
  ],
  other: [
    'This git host is not known to send webhooks. If it is a GitLab or a Gitea of your own, say so under Change.',
  ],
}

function HostSteps({ host }: { host: Project['host'] }): ReactNode {
  return (
    <section className="labelled">
      <h3>{host === 'other' ? 'At the git host' : `At ${hostNames[host]}, in the repository`}</h3>
      <ol className="host-steps">
        {hostSteps[host].map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </section>
  )
}
