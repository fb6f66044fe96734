import { testScript } from './script.ts'

await testScript({
  title: 'secrets by the published Python client',
  script: 'kept_secrets.py',
  settings: [],
  lineCount: 3,
  timeoutMs: 120_000,
})
