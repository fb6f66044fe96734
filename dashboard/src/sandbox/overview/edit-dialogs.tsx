import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { FormDialog, numberOf } from '../../design/form-dialog.tsx'
import { pairsObject, pairsOf } from '../../design/pairs.ts'
import { PairsField } from '../../design/pairs-field.tsx'
import { useTell } from '../../design/toasts.tsx'
import { usePlatform } from '../../platform/platform.tsx'
import { languageLabel } from '../../sandboxes/labels.ts'
import { putSandboxes, type SandboxDetail } from '../../sandboxes/live.ts'
import { TimerFields } from '../../sandboxes/timer-fields.tsx'

interface DialogProps {
  readonly sandbox: SandboxDetail
  readonly onClose: () => void
}

/** Changes the labels. Those that client libraries keep for themselves stay. */
export function LabelsDialog({ sandbox, onClose }: DialogProps): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const { [languageLabel]: language, ...own } = sandbox.labels
  const [pairs, setPairs] = useState(() => pairsOf(own))
  return (
    <FormDialog
      title={`Labels of ${sandbox.name}`}
      verb="Save"
      onClose={onClose}
      onSubmit={async () => {
        const wanted = { ...pairsObject(pairs), ...(language === undefined ? {} : { [languageLabel]: language }) }
        const body = { labels: wanted }
        const { labels } = await daytona.client.call('replaceLabels', { ...pathOf(sandbox.id), body })
        putSandboxes(queries, organization.id, [{ ...sandbox, labels }])
      }}
    >
      <PairsField
        label="Labels"
        hint="For finding it again: the list shows them and can be filtered by them."
        pairs={pairs}
        onChange={setPairs}
        words={{ name: 'label', value: 'Value', add: 'Add a label' }}
      />
    </FormDialog>
  )
}

/** Changes what happens when nobody uses it, and when it ends. Only what differs is sent. */
export function TimersDialog({ sandbox, onClose }: DialogProps): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const { id, name } = sandbox
  const { client } = daytona
  const put = (changed: SandboxDetail): void => putSandboxes(queries, organization.id, [changed])
  const path = <More extends object>(more: More) => ({ params: { sandboxIdOrName: id, ...more } })

  async function save(form: FormData): Promise<void> {
    const idle = numberOf(form, 'idle') ?? 0
    const pauses = form.get('idle-action') === 'pause'
    const stop = pauses ? 0 : idle
    const pause = pauses ? idle : 0
    const archive = numberOf(form, 'archive') ?? sandbox.autoArchiveInterval
    const deletion = numberOf(form, 'delete') ?? sandbox.autoDeleteInterval
    const ttl = numberOf(form, 'ttl')
    const wake = String(form.get('wake') ?? '')
    // What goes is put down before what comes: only one of stop and pause can be there, and none of pause and ephemeral.
    if (pause === 0 && sandbox.autoPauseInterval !== 0)
      put(await client.call('setAutoPauseInterval', path({ interval: 0 })))
    if (deletion !== sandbox.autoDeleteInterval)
      put(await client.call('setAutoDeleteInterval', path({ interval: deletion })))
    if (stop !== sandbox.autoStopInterval) put(await client.call('setAutostopInterval', path({ interval: stop })))
    if (pause !== 0 && pause !== sandbox.autoPauseInterval)
      put(await client.call('setAutoPauseInterval', path({ interval: pause })))
    if (archive !== sandbox.autoArchiveInterval)
      put(await client.call('setAutoArchiveInterval', path({ interval: archive })))
    if (ttl !== undefined) put(await client.call('setTtl', path({ ttlMinutes: ttl })))
    if (wake !== (sandbox.autoWake === undefined ? '' : String(sandbox.autoWake)))
      put(await client.call('setAutoWake', path({ mode: wake === '' ? 'idle' : wake })))
    await queries.invalidateQueries({ queryKey: ['sandbox', organization.id, id] })
    tell.done(`The times of ${name} are changed`)
  }

  return (
    <FormDialog title={`When nobody uses ${name}`} verb="Save" onClose={onClose} onSubmit={save}>
      <TimerFields sandbox={sandbox} />
    </FormDialog>
  )
}

/** Opens previews to everybody, or closes them. */
export function AccessDialog({ sandbox, onClose }: DialogProps): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const opens = !sandbox.public
  return (
    <FormDialog
      title={opens ? `Open the previews of ${sandbox.name}?` : `Close the previews of ${sandbox.name}?`}
      description={
        opens
          ? 'Everybody who has the address of a port sees what is served there, without a token or a sign-in.'
          : 'What is served is shown only with a token or a sign-in. Who is looking at it now is asked at the next request.'
      }
      verb={opens ? 'Open' : 'Close'}
      onClose={onClose}
      onSubmit={async () => {
        const params = { sandboxIdOrName: sandbox.id, isPublic: String(opens) }
        putSandboxes(queries, organization.id, [await daytona.client.call('updatePublicStatus', { params })])
      }}
    >
      {null}
    </FormDialog>
  )
}

const pathOf = (id: string) => ({ params: { sandboxIdOrName: id } })
