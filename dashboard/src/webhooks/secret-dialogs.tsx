import type { ReactNode } from 'react'
import { CodeChoice } from '../design/code.tsx'
import { CopyField } from '../design/copy-field.tsx'
import { SelectField } from '../design/fields.tsx'
import { FormDialog, numberOf } from '../design/form-dialog.tsx'
import { Done, Modal } from '../design/modal.tsx'
import { useTell } from '../design/toasts.tsx'
import { type Endpoint, useWebhookCalls } from './calls.ts'

/** The secret of an endpoint, shown this once. */
export function SecretShown({ secret, onClose }: { secret: string; onClose: () => void }): ReactNode {
  return (
    <Modal
      title="The secret of its signatures"
      description="It is shown this once. Keep it where your receiver finds it."
      isKept
      onClose={onClose}
    >
      <CopyField label="The secret" value={secret} />
      <Verify />
      <Done onClose={onClose} />
    </Modal>
  )
}

/** How a receiver checks that a message is from this platform. */
export function HowToVerify({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <Modal
      title="Check the signature"
      description="Messages are signed as Standard Webhooks says: everybody can send to your URL, only this platform can sign."
      onClose={onClose}
    >
      <Verify />
    </Modal>
  )
}

/** Makes a new secret. */
export function RotateSecret({
  endpoint,
  onRotated,
  onClose,
}: {
  endpoint: Endpoint
  onRotated: (secret: string) => void
  onClose: () => void
}): ReactNode {
  const calls = useWebhookCalls()
  return (
    <FormDialog
      title="Create a new secret?"
      verb="Create"
      isOpenAfter
      onSubmit={async () => onRotated((await calls.rotate(endpoint.id)).secret)}
      onClose={onClose}
    >
      <p>For a day messages are signed with the old one too, so that your receiver can change over. Then it ends.</p>
    </FormDialog>
  )
}

/** Asks before an endpoint is removed. */
export function DeleteEndpoint({
  endpoint,
  onDeleted,
  onClose,
}: {
  endpoint: Endpoint
  onDeleted: () => void
  onClose: () => void
}): ReactNode {
  const calls = useWebhookCalls()
  const tell = useTell()
  async function remove(): Promise<void> {
    await calls.remove(endpoint.id)
    tell.done('The webhook is gone')
    onDeleted()
  }
  return (
    <FormDialog title="Delete the webhook?" verb="Delete" isDanger onSubmit={remove} onClose={onClose}>
      <p className="breaks">
        <code>{endpoint.url}</code> is told nothing any more. Its deliveries and its secret are lost; what waits is not
        sent.
      </p>
    </FormDialog>
  )
}

const hours = [
  [1, 'hour'],
  [24, 'day'],
  [24 * 7, 'week'],
  [24 * 30, '30 days'],
] as const

/** Sends again what has failed. */
export function ReplayFailed({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }): ReactNode {
  const calls = useWebhookCalls()
  const tell = useTell()
  async function replay(form: FormData): Promise<void> {
    const since = new Date(Date.now() - (numberOf(form, 'hours') ?? 24) * 3_600_000)
    const { count } = await calls.replayFailed(endpoint.id, since)
    tell.done(count === 0 ? 'Nothing has failed since then' : `${count} ${count === 1 ? 'is' : 'are'} sent again`)
  }
  return (
    <FormDialog
      title="Send again what has failed"
      description="Each message keeps its id, so that a receiver notices one that it had."
      verb="Send again"
      onSubmit={replay}
      onClose={onClose}
    >
      <SelectField label="Of the last" name="hours" defaultValue={24}>
        {hours.map(([count, name]) => (
          <option key={count} value={count}>
            {name}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  )
}

/** By lines: what is shown here is no code of this page. */
const samples = [
  {
    name: 'TypeScript',
    lines: [
      '// npm install standardwebhooks',
      "import { Webhook } from 'standardwebhooks'",
      '',
      'const webhook = new Webhook(secret)',
      '// throws unless the message is from this platform, and fresh;',
      '// body: the text as it came, before it is parsed',
      'const message = webhook.verify(body, request.headers)',
    ],
  },
  {
    name: 'Python',
    lines: [
      '# pip install standardwebhooks',
      'from standardwebhooks import Webhook',
      '',
      'webhook = Webhook(secret)',
      '# raises unless the message is from this platform, and fresh',
      'message = webhook.verify(request.body, request.headers)',
    ],
  },
  {
    name: 'By hand',
    lines: [
      "import { createHmac, timingSafeEqual } from 'node:crypto'",
      '',
      "const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')",
      "const { 'webhook-id': id, 'webhook-timestamp': at } = headers",
      "const signed = [id, at, body].join('.')",
      "const wanted = createHmac('sha256', key).update(signed).digest()",
      "const isGood = headers['webhook-signature'].split(' ').some((one) => {",
      "  const given = Buffer.from(one.replace(/^v1,/, ''), 'base64')",
      '  return given.length === wanted.length && timingSafeEqual(given, wanted)',
      '})',
      'const isFresh = Math.abs(Date.now() / 1000 - Number(at)) < 300',
    ],
  },
].map(({ name, lines }) => ({ name, text: lines.join('\n') }))

function Verify(): ReactNode {
  return <CodeChoice label="How to check a signature" samples={samples} />
}
