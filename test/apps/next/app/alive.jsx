'use client'

import { useEffect, useState } from 'react'

export function Alive({ word }) {
  const [said, setSaid] = useState('')
  useEffect(() => {
    fetch('/api/word')
      .then((answer) => answer.json())
      .then((answer) => setSaid(`scripted ${answer.word === word ? word : 'wrong'}`))
  }, [word])
  return <p id="alive">{said}</p>
}
