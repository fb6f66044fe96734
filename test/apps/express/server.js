import express from 'express'
import { word } from './word.js'

const app = express()
const startedAt = Date.now()
const port = Number(process.env.PORT ?? 3000)

app.get('/', (_, response) => {
  response.send(`<!doctype html><html lang="en"><title>Express ${word}</title><h1 id="word">${word}</h1>
<p id="alive"></p><script>
fetch('/api/word').then((answer) => answer.json()).then(({ word }) => {
  document.querySelector('#alive').textContent = 'scripted ' + word
})
</script></html>`)
})
app.get('/api/word', (_, response) => {
  response.json({ word, startedAt, pid: process.pid, greeting: process.env.GREETING ?? null })
})
app.listen(port, () => console.log(`express listens on ${port}`))
