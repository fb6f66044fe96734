import { Link as LinkIcon, LoaderCircle } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Code } from '../../design/code.tsx'
import { CopyField } from '../../design/copy-field.tsx'
import { Modal } from '../../design/modal.tsx'
import { Note } from '../../design/notes.tsx'
import { Loaded } from '../../design/page.tsx'
import { QrCode } from '../../design/qr-code.tsx'
import { Segments } from '../../design/segments.tsx'
import { moment } from '../../design/times.ts'
import type { SandboxDetail } from '../../sandboxes/live.ts'
import type { Tools } from '../tools.tsx'
import { type SharedLink, usePreviewLink, useSharedLinks } from './ports.ts'

const kinds = [
  { value: 'signed', name: 'Shared link' },
  { value: 'usual', name: 'Usual link' },
  { value: 'program', name: 'For programs' },
] as const

const lifetimes = [
  { seconds: 600, name: '10 minutes' },
  { seconds: 3600, name: 'an hour' },
  { seconds: 8 * 3600, name: '8 hours' },
  { seconds: 86_400, name: 'a day' },
] as const

/** Gives a port away: to people with a link, to a phone by its camera, to a program with a token. */
export function ShareDialog({
  tools,
  sandbox,
  port,
  made: first,
  onClose,
}: {
  tools: Tools
  sandbox: SandboxDetail
  port: number
  /** one that was made before, which is shown at once */
  made: SharedLink | null
  onClose: () => void
}): ReactNode {
  const [kind, setKind] = useState<(typeof kinds)[number]['value']>('signed')
  const [made, setMade] = useState(first)
  const link = usePreviewLink(tools, port)
  return (
    <Modal title={`Share port ${port}`} onClose={onClose}>
      <Segments label="Kind of link" options={kinds} value={kind} onChange={setKind} />
      {kind === 'signed' && <Signed tools={tools} port={port} made={made} onMade={setMade} />}
      {kind !== 'signed' && (
        <Loaded query={link} what="The link could not be read">
          {({ url, token }) =>
            kind === 'usual' ? (
              <Shown
                label="The link"
                url={url}
                hint={
                  sandbox.public
                    ? 'The sandbox is public: everybody who has the link can open it.'
                    : 'It asks for a sign-in, and opens for members of the organization.'
                }
              />
            ) : (
              <>
                <Code label="The call" text={`curl -H 'x-daytona-preview-token: ${token}' ${url}`} />
                <Note>The token opens every port of this sandbox until its next start. Give it to nobody.</Note>
              </>
            )
          }
        </Loaded>
      )}
    </Modal>
  )
}

function Signed({
  tools,
  port,
  made,
  onMade,
}: {
  tools: Tools
  port: number
  made: SharedLink | null
  onMade: (link: SharedLink | null) => void
}): ReactNode {
  const { links, share, end } = useSharedLinks(tools)
  const [seconds, setSeconds] = useState<number>(lifetimes[1].seconds)
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  async function act(what: () => Promise<SharedLink | null>): Promise<void> {
    setBusy(true)
    setWrong(null)
    try {
      onMade(await what())
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }
  const good = links.find(({ token }) => token === made?.token)
  if (good !== undefined) {
    return (
      <>
        <Shown
          label="The shared link"
          url={good.url}
          hint={`Opens port ${port} without a sign-in until ${moment(new Date(good.endsAtMs).toISOString())}. It opens nothing else.`}
        />
        <footer>
          <button
            type="button"
            className="button"
            disabled={isBusy}
            onClick={() =>
              void act(async () => {
                await end(good)
                return null
              })
            }
          >
            End it now
          </button>
        </footer>
        {wrong !== null && <Note kind="bad">{wrong}</Note>}
      </>
    )
  }
  return (
    <>
      <div className="field">
        <label htmlFor="lifetime">Opens this port without a sign-in, for</label>
        <select
          className="input"
          id="lifetime"
          value={seconds}
          onChange={(event) => setSeconds(Number(event.target.value))}
        >
          {lifetimes.map((one) => (
            <option key={one.seconds} value={one.seconds}>
              {one.name}
            </option>
          ))}
        </select>
      </div>
      {wrong !== null && <Note kind="bad">{wrong}</Note>}
      <footer>
        <button
          type="button"
          className="button"
          data-kind="primary"
          disabled={isBusy}
          onClick={() => void act(() => share(port, seconds))}
        >
          {isBusy ? <LoaderCircle className="spin" aria-hidden /> : <LinkIcon aria-hidden />} Create the link
        </button>
      </footer>
    </>
  )
}

function Shown({ label, url, hint }: { label: string; url: string; hint: string }): ReactNode {
  return (
    <>
      <CopyField label={label} value={url} />
      <div className="qr-place">
        <QrCode text={url} />
        <p className="quiet">{hint}</p>
      </div>
      {new URL(url).hostname.endsWith('.localhost') && (
        <Note>
          This address is known on the platform’s own machine alone. For others the platform needs a domain for
          previews.
        </Note>
      )}
    </>
  )
}
