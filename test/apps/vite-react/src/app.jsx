import { useEffect, useState } from 'react'
import { word } from './word.js'

export function App() {
  const [said, setSaid] = useState('')
  useEffect(() => {
    document.title = `Vite ${word}`
    setSaid(`scripted ${word}`)
  }, [])
  return (
    <main>
      <h1 id="word">{word}</h1>
      <p id="alive">{said}</p>
    </main>
  )
}
