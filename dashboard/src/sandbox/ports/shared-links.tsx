import { Copy, QrCode, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Card } from '../../design/cards.tsx'
import { IconButton } from '../../design/icon-button.tsx'
import { span } from '../../design/times.ts'
import { useTell } from '../../design/toasts.tsx'
import { useCopy } from '../../design/use-copy.ts'
import { useNow } from '../../design/use-now.ts'
import type { Tools } from '../tools.tsx'
import { type SharedLink, useSharedLinks } from './ports.ts'

/** Links that were made since the page was loaded; nothing where there are none. */
export function SharedLinks({ tools, onShow }: { tools: Tools; onShow: (link: SharedLink) => void }): ReactNode {
  const { links, end } = useSharedLinks(tools)
  const now = useNow(5000)
  const copy = useCopy()
  const tell = useTell()
  const good = links.filter(({ endsAtMs }) => endsAtMs > now)
  if (good.length === 0) return null
  return (
    <Card title="Shared links" description="Made since this page was loaded. Each ends by itself, or now.">
      <ul className="port-list" aria-label="Shared links">
        {good.map((link) => (
          <li key={link.token}>
            <div className="port-name">
              <strong className="numbers">{link.port}</strong>
              <span className="quiet small">for {span(link.endsAtMs - now)} more</span>
            </div>
            <span className="port-url quiet mono cut" title={link.url}>
              {link.url}
            </span>
            <div className="port-actions">
              <IconButton label="Copy this shared link" onClick={() => copy(link.url, 'The shared link')}>
                <Copy />
              </IconButton>
              <IconButton label="Show it with its QR code" onClick={() => onShow(link)}>
                <QrCode />
              </IconButton>
              <IconButton
                label={`End the shared link of port ${link.port}`}
                onClick={() =>
                  end(link).then(
                    () => tell.done('The shared link opens nothing any more'),
                    (error: unknown) => tell.failed('The link was not ended', error),
                  )
                }
              >
                <X />
              </IconButton>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  )
}
