import { testScript } from './script.ts'

await testScript({
  title: 'volumes by the published Python client',
  script: 'volumes.py',
  settings: ['--volume-size', '1'],
  lineCount: 4,
  timeoutMs: 120_000,
})
