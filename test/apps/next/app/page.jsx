import { word } from '../word'
import { Alive } from './alive'

export const dynamic = 'force-dynamic'

export default async function Page() {
  return (
    <main>
      <h1 id="word">{word}</h1>
      <p id="served">by process {process.pid}</p>
      <Alive word={word} />
    </main>
  )
}
