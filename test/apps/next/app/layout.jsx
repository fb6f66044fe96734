import { word } from '../word'

export const metadata = { title: `Next ${word}` }

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
