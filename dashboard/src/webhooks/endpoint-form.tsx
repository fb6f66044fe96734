import { type ReactNode, useId } from 'react'
import { CheckField, TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { type Endpoint, type EndpointChange, useWebhookCalls, type WebhookEvent, webhookEvents } from './calls.ts'

const allEvents = Object.keys(webhookEvents) as WebhookEvent[]

/** Makes an endpoint; what comes of it has the secret, which is shown once. */
export function CreateEndpoint({
  onCreated,
  onClose,
}: {
  onCreated: (made: Endpoint & { readonly secret: string }) => void
  onClose: () => void
}): ReactNode {
  const calls = useWebhookCalls()
  return (
    <FormDialog
      title="Add a webhook"
      description="The platform sends a signed message to your URL when something happens."
      verb="Add"
      isOpenAfter
      onSubmit={async (form) => onCreated(await calls.create(read(form)))}
      onClose={onClose}
    >
      <Fields />
    </FormDialog>
  )
}

/** Changes an endpoint. */
export function EditEndpoint({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }): ReactNode {
  const calls = useWebhookCalls()
  const tell = useTell()
  async function save(form: FormData): Promise<void> {
    await calls.change(endpoint.id, read(form))
    tell.done('The webhook is changed')
  }
  return (
    <FormDialog title="Change the webhook" verb="Save" onSubmit={save} onClose={onClose}>
      <Fields endpoint={endpoint} />
    </FormDialog>
  )
}

function Fields({ endpoint }: { endpoint?: Endpoint }): ReactNode {
  const hint = useId()
  const chosen = endpoint?.events ?? []
  return (
    <>
      <TextField
        label="URL"
        name="url"
        type="url"
        placeholder="https://example.com/hook"
        hint="Any answer from 200 to 299 within 15 seconds takes a message."
        defaultValue={endpoint?.url}
        maxLength={2048}
        required
      />
      <TextField label="Description" name="description" maxLength={1000} defaultValue={endpoint?.description} />
      <fieldset className="events" aria-describedby={hint}>
        <legend>Tells of</legend>
        <span className="hint quiet small" id={hint}>
          None chosen means all of them, also those that come later.
        </span>
        <div>
          {allEvents.map((event) => (
            <label key={event} title={webhookEvents[event]}>
              <input
                type="checkbox"
                className="check"
                name="events"
                value={event}
                defaultChecked={chosen.includes(event)}
              />
              <code>{event}</code>
            </label>
          ))}
        </div>
      </fieldset>
      <CheckField
        label="On"
        name="enabled"
        hint="Off: nothing is sent, and what happens meanwhile is not kept for it."
        defaultChecked={endpoint?.enabled ?? true}
      />
    </>
  )
}

function read(form: FormData): EndpointChange & { url: string } {
  const events = new Set(form.getAll('events').map(String))
  return {
    url: textOf(form, 'url') ?? '',
    description: textOf(form, 'description') ?? '',
    events: allEvents.filter((event) => events.has(event)),
    enabled: form.has('enabled'),
  }
}
