import { type ReactNode, useMemo } from 'react'
import { encode } from 'uqr'
import './qr-code.css'

/** modules of light around it, without which cameras do not find it */
const border = 4

/** A text for the camera of a phone. Dark on light in every theme, as cameras expect it. */
export function QrCode({ text }: { text: string }): ReactNode {
  const { size, path } = useMemo(() => {
    const { data, size } = encode(text, { ecc: 'M', border })
    const rows = data.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')).join(''))
    return { size, path: rows.join('') }
  }, [text])
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={`QR code of ${text}`}>
      <path d={path} shapeRendering="crispEdges" />
    </svg>
  )
}
