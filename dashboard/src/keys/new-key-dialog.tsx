import type { ReactNode } from 'react'
import { CodeChoice } from '../design/code.tsx'
import { CopyField } from '../design/copy-field.tsx'
import { Done, Modal } from '../design/modal.tsx'
import { Note } from '../design/notes.tsx'
import { apiUrl } from '../platform/organizations.ts'
import type { NewKey } from './keys.ts'

/** The value of a key, which is shown this one time, and how to use it. */
export function NewKeyDialog({ created, onClose }: { created: NewKey; onClose: () => void }): ReactNode {
  return (
    <Modal title={`The key ${created.name}`} isKept onClose={onClose}>
      <Note kind="busy">
        Copy it now. It is shown only this once; nobody can read it later, not even an administrator.
      </Note>
      <CopyField label="The key" value={created.value} />
      <CodeChoice label="How to use it" samples={samplesOf(created.value)} />
      <Done onClose={onClose} />
    </Modal>
  )
}

function samplesOf(key: string): { name: string; text: string }[] {
  return [
    {
      name: 'Shell',
      text: `# read by the SDKs, the command line and Daytona's clients
export DAYTONA_API_URL=${apiUrl}
export DAYTONA_API_KEY=${key}`,
    },
    {
      name: 'TypeScript',
      text: `import { Daytona } from '@sandyard/sdk' // or '@daytonaio/sdk'

const daytona = new Daytona({
  apiUrl: '${apiUrl}',
  apiKey: '${key}',
})
const sandbox = await daytona.create()
console.log((await sandbox.process.executeCommand('uname -a')).result)
await sandbox.delete()`,
    },
    {
      name: 'Python',
      text: `from daytona import Daytona, DaytonaConfig

daytona = Daytona(DaytonaConfig(
    api_url="${apiUrl}",
    api_key="${key}",
))
sandbox = daytona.create()
print(sandbox.process.exec("uname -a").result)
sandbox.delete()`,
    },
    {
      name: 'curl',
      text: `curl -H 'Authorization: Bearer ${key}' \\
  ${apiUrl}/sandbox`,
    },
  ]
}
