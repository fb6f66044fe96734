import { curlOf } from '../design/curl.ts'

/** How a sandbox is made from a snapshot by code. */
export function snapshotExamples(name: string): readonly { readonly name: string; readonly text: string }[] {
  const quoted = JSON.stringify(name)
  return [
    {
      name: 'TypeScript',
      text: `import { Daytona } from '@daytonaio/sdk'

const daytona = new Daytona()
const sandbox = await daytona.create({ snapshot: ${quoted} })
console.log((await sandbox.process.executeCommand('uname -a')).result)`,
    },
    {
      name: 'Python',
      text: `from daytona import CreateSandboxFromSnapshotParams, Daytona

daytona = Daytona()
sandbox = daytona.create(CreateSandboxFromSnapshotParams(snapshot=${quoted}))
print(sandbox.process.exec("uname -a").result)`,
    },
    { name: 'curl', text: curlOf('POST', '/sandbox', { snapshot: name }) },
  ]
}
