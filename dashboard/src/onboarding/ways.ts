/** A way to work with the platform, and what to type for a first sandbox. */
export interface Way {
  readonly id: 'typescript' | 'python' | 'curl' | 'cli'
  readonly name: string
  /** one after the other */
  readonly steps: readonly Step[]
}

/** Something to type or to save: what to do with it, and what it is called when it is copied. */
export interface Step {
  readonly label: string
  readonly what: string
  readonly text: string
}

/** What every way is told by: where the platform is, and with which key. */
export function environmentOf(apiUrl: string, key: string): string {
  return `export DAYTONA_API_URL=${apiUrl}\nexport DAYTONA_API_KEY=${key}`
}

/** All ways, the first one first. The address and the key come from the environment. */
export const ways: readonly Way[] = [
  {
    id: 'typescript',
    name: 'TypeScript',
    steps: [
      {
        label: 'Bring the library, in a folder of your own',
        what: 'The npm command',
        text: 'npm install @daytonaio/sdk',
      },
      {
        label: 'Save as first.mjs',
        what: 'The program',
        text: `import { Daytona } from '@daytonaio/sdk'

const daytona = new Daytona()
const sandbox = await daytona.create()
const { result } = await sandbox.process.executeCommand('echo "Hello from $(hostname)"')
console.log(result)
`,
      },
      { label: 'Run it', what: 'The node command', text: 'node first.mjs' },
    ],
  },
  {
    id: 'python',
    name: 'Python',
    steps: [
      { label: 'Bring the library', what: 'The pip command', text: 'pip install daytona' },
      {
        label: 'Save as first.py',
        what: 'The program',
        text: `from daytona import Daytona

daytona = Daytona()
sandbox = daytona.create()
print(sandbox.process.exec('echo "Hello from $(hostname)"').result)
`,
      },
      { label: 'Run it', what: 'The python command', text: 'python3 first.py' },
    ],
  },
  {
    id: 'curl',
    name: 'curl',
    steps: [
      {
        label: 'Create a sandbox, and keep its id',
        what: 'The call that makes a sandbox',
        text: `ID=$(curl -s "$DAYTONA_API_URL/sandbox" \\
  -H "Authorization: Bearer $DAYTONA_API_KEY" \\
  -H 'Content-Type: application/json' -d '{}' |
  grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)`,
      },
      {
        label: 'Run a command in it',
        what: 'The call that runs a command',
        text: `curl "\${DAYTONA_API_URL%/api}/toolbox/$ID/process/execute" \\
  -H "Authorization: Bearer $DAYTONA_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"command": "uname -a"}'`,
      },
    ],
  },
  {
    id: 'cli',
    name: 'Command line',
    steps: [
      {
        label: 'In a clone of the Sandyard repository, once',
        what: 'The link',
        text: 'sudo ln -s "$PWD/scripts/sandyard.mjs" /usr/local/bin/sandyard',
      },
      {
        label: 'Create a sandbox and run a command in it',
        what: 'The commands',
        text: 'sandyard create first\nsandyard exec first -- uname -a',
      },
      { label: 'Open a terminal in it', what: 'The command of the terminal', text: 'sandyard shell first' },
    ],
  },
]
