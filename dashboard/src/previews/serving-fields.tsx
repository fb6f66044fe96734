import { type ReactNode, useState } from 'react'
import { SelectField, TextField } from '../design/fields.tsx'
import { Fold } from '../design/fold.tsx'
import { numberOf, textOf } from '../design/form-dialog.tsx'
import { type Pair, pairsObject, pairsOf } from '../design/pairs.ts'
import { PairsField } from '../design/pairs-field.tsx'
import type { Project, ProjectChange } from './calls.ts'

type Settings = Project['settings']

/** How a repository is brought to serve; what is left empty is found out. */
export function ServingFields({ settings = {} }: { settings?: Settings }): ReactNode {
  const [pairs, setPairs] = useState<readonly Pair[]>(pairsOf(settings.env ?? {}))
  return (
    <>
      <Fold title="Commands and port" what="else found out">
        <TextField
          label="Folder of the application"
          name="rootDirectory"
          placeholder="."
          defaultValue={settings.rootDirectory}
        />
        <TextField label="Install" name="install" placeholder="npm ci" defaultValue={settings.install ?? ''} />
        <TextField label="Build" name="build" placeholder="npm run build" defaultValue={settings.build ?? ''} />
        <TextField label="Start" name="start" placeholder="npm start" defaultValue={settings.start ?? ''} />
        <div className="pair">
          <TextField label="Port" name="port" type="number" min={1} max={65535} defaultValue={settings.port} />
          <SelectField label="Mode" name="mode" defaultValue={settings.mode ?? ''}>
            <option value="">found out</option>
            <option value="production">production</option>
            <option value="development">development</option>
          </SelectField>
        </div>
      </Fold>
      <Fold title="Variables and secrets" what={pairs.length === 0 ? 'none' : `${pairs.length}`}>
        <PairsField label="Variables" hint="Previews of forks have them, too." pairs={pairs} onChange={setPairs} />
        <input type="hidden" name="env" value={JSON.stringify(pairsObject(pairs))} />
        <TextField
          label="Secrets"
          name="secrets"
          hint="Names, with a comma between them. Never in previews of forks."
          defaultValue={settings.secrets?.join(', ')}
        />
      </Fold>
      <Fold title="Machine and access" what="2 GiB of memory, rests after an hour">
        <div className="pair">
          <TextField label="CPU" name="cpu" type="number" min={1} step="any" defaultValue={settings.cpu} />
          <TextField
            label="Memory, GiB"
            name="memory"
            type="number"
            min={1}
            step="any"
            defaultValue={settings.memory}
          />
          <TextField label="Disk, GiB" name="disk" type="number" min={1} step="any" defaultValue={settings.disk} />
        </div>
        <TextField
          label="Rests when nobody asks for, minutes"
          name="autoStopInterval"
          type="number"
          min={0}
          placeholder="60"
          hint="The next request wakes it. 0 is never."
          defaultValue={settings.autoStopInterval}
        />
        <SelectField
          label="Who sees it"
          name="public"
          defaultValue={settings.public === undefined ? '' : String(settings.public)}
        >
          <option value="">everybody with the link, unless the repository needs a token</option>
          <option value="true">everybody with the link</option>
          <option value="false">members of the organization</option>
        </SelectField>
      </Fold>
    </>
  )
}

/** What was said in these fields, as far as it differs from what is kept. */
export function readServing(form: FormData, settings: Settings = {}): Settings {
  const isPublic = textOf(form, 'public')
  const mode = textOf(form, 'mode')
  const secrets = textOf(form, 'secrets')
  const env = JSON.parse(String(form.get('env') ?? '{}')) as Record<string, string>
  const said: Settings = {
    ...given('rootDirectory', textOf(form, 'rootDirectory')),
    ...given('install', textOf(form, 'install')),
    ...given('build', textOf(form, 'build')),
    ...given('start', textOf(form, 'start')),
    ...given('port', numberOf(form, 'port')),
    ...(mode === 'production' || mode === 'development' ? { mode } : {}),
    ...(Object.keys(env).length === 0 && settings.env === undefined ? {} : { env }),
    ...(secrets === undefined && settings.secrets === undefined
      ? {}
      : { secrets: (secrets ?? '').split(/[\s,]+/).filter(Boolean) }),
    ...given('cpu', numberOf(form, 'cpu')),
    ...given('memory', numberOf(form, 'memory')),
    ...given('disk', numberOf(form, 'disk')),
    ...given('autoStopInterval', numberOf(form, 'autoStopInterval')),
    ...(isPublic === undefined ? {} : { public: isPublic === 'true' }),
  }
  const isNew = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(value) !== JSON.stringify(settings[name as keyof Settings])
  return Object.fromEntries(Object.entries(said).filter(isNew))
}

/** Fields for a repository that needs a login. */
export function LoginFields({ project }: { project?: Project }): ReactNode {
  return (
    <Fold title="Private repository" what={project?.hasToken === true ? 'has a token' : 'no token'}>
      <TextField
        label="Token"
        name="token"
        type="password"
        autoComplete="new-password"
        hint={
          project?.hasToken === true
            ? 'It has one, which nobody sees again. Type another to replace it.'
            : 'It reads the repository, and writes comments into pull requests. Nobody sees it again.'
        }
      />
      <TextField
        label="User name"
        name="username"
        hint="Only where the git host wants one."
        autoComplete="off"
        defaultValue={project?.username ?? ''}
      />
    </Fold>
  )
}

/** What was said in these. */
export function readLogin(form: FormData): Pick<ProjectChange, 'token' | 'username'> {
  return { ...given('token', textOf(form, 'token')), ...given('username', textOf(form, 'username')) }
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value }
}
