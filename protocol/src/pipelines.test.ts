import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { BoundedResponse } from './pipelines.ts'

test('who sends request after request without an answer is cut off; who has its answers goes on', async (t) => {
  const urls: string[] = []
  const http = createServer({ ServerResponse: BoundedResponse }, ({ url = '', socket }, response) => {
    if (socket.destroyed) return
    urls.push(url)
    if (url === '/now') response.end('answered')
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  const dial = () => connect((http.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  const request = (url: string): string => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`

  const greedy = dial()
  const closed = new Promise((resolve) => greedy.once('close', resolve))
  greedy.write(request('/never').repeat(5000))
  await closed
  assert.equal(urls.length, 100)

  urls.length = 0
  const patient = dial()
  let text = ''
  patient.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  for (let round = 1; round <= 5; round++) {
    patient.write(request('/now').repeat(80))
    while (text.split('answered').length - 1 < 80 * round) await once(patient, 'data')
  }
  patient.write(request('/never').repeat(100))
  while (urls.length < 500) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(patient.closed, false)
  patient.destroy()
})
