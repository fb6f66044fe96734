import { testScript } from './script.ts'

// Local files are tried in object-storage.test.ts: this client uploads over HTTPS only.
await testScript({
  title: 'images and snapshots by the published Python client',
  script: 'images.py',
  settings: [],
  lineCount: 4,
  timeoutMs: 240_000,
})
