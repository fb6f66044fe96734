import { Copy, ExternalLink, Globe, QrCode, X } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { ActionMenu } from '../../design/action-menu.tsx'
import { IconButton } from '../../design/icon-button.tsx'
import { useTell } from '../../design/toasts.tsx'
import { useCopy } from '../../design/use-copy.ts'
import type { Tools } from '../tools.tsx'
import { safeUrl, usePreviewLink } from './ports.ts'

/** What can be done with a port. */
interface PortActions {
  readonly onShare: (port: number) => void
  /** null: the member may not */
  readonly onDomain: ((port: number) => void) | null
  readonly onForget: (port: number) => void
}

/** ports that are drawn at first, and more by each press: a program can listen on all there are, and each asks for its link */
const atOnce = 25

/** Ports that something listens on, and those that somebody waits for. */
export function PortList({
  tools,
  listening,
  asked,
  ...actions
}: PortActions & { tools: Tools; listening: readonly number[]; asked: readonly number[] }): ReactNode {
  const [most, setMost] = useState(atOnce)
  const others = [...new Set(listening)].filter((port) => !asked.includes(port))
  const shown = [...asked, ...others.slice(0, most)].sort((one, other) => one - other)
  useNews(listening, asked)
  return (
    <>
      <ul className="port-list" aria-label="Ports">
        {shown.map((port) => (
          <PortRow
            key={port}
            tools={tools}
            port={port}
            isListening={listening.includes(port)}
            isAsked={asked.includes(port)}
            {...actions}
          />
        ))}
      </ul>
      {others.length > most && (
        <button type="button" className="button" onClick={() => setMost(most + atOnce)}>
          Show more: {others.length - most} are left
        </button>
      )}
    </>
  )
}

function PortRow({
  tools,
  port,
  isListening,
  isAsked,
  onShare,
  onDomain,
  onForget,
}: PortActions & { tools: Tools; port: number; isListening: boolean; isAsked: boolean }): ReactNode {
  const { data, error } = usePreviewLink(tools, port)
  const copy = useCopy()
  const url = safeUrl(data?.url ?? '')
  return (
    <li>
      <div className="port-name">
        <strong className="numbers">{port}</strong>
        <span className="state" data-tone={isListening ? 'good' : 'busy'}>
          {isListening ? 'answers' : 'nothing answers yet'}
        </span>
      </div>
      <span className="port-url quiet mono cut" title={url}>
        {error === null ? (url ?? '') : error.message}
      </span>
      <div className="port-actions">
        <a className="button" href={url} target="_blank" rel="noopener noreferrer" aria-label={`Open port ${port}`}>
          <ExternalLink aria-hidden /> Open
        </a>
        <IconButton
          label={`Copy the link of port ${port}`}
          disabled={url === undefined}
          onClick={() => copy(url ?? '', 'The link')}
        >
          <Copy />
        </IconButton>
        <IconButton label={`Share port ${port}`} onClick={() => onShare(port)}>
          <QrCode />
        </IconButton>
        <ActionMenu
          of={`port ${port}`}
          actions={[
            ...(onDomain === null ? [] : [{ name: 'Give it a domain…', icon: Globe, run: () => onDomain(port) }]),
            ...(isAsked ? [{ name: 'Take from the list', icon: X, run: () => onForget(port) }] : []),
          ]}
        />
      </div>
    </li>
  )
}

/** Tells when something answers on a port that was asked for. */
function useNews(listening: readonly number[], asked: readonly number[]): void {
  const tell = useTell()
  const silent = useRef(new Set<number>())
  useEffect(() => {
    for (const port of asked) {
      if (!listening.includes(port)) silent.current.add(port)
      else if (silent.current.delete(port)) tell.done(`Port ${port} answers now`)
    }
  }, [listening, asked, tell])
}
