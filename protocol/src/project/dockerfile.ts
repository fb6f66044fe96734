import { PlatformError } from '../errors.ts'
import type { Found } from './found.ts'
import { linesOf, textOf } from './lines.ts'
import type { ProjectFiles } from './plan.ts'
import { isPort } from './shell.ts'

const usualPort = 8080

/** The plan of a Dockerfile: its own program serves, on the port that its last stage exposes. */
export function planDockerfile(files: ProjectFiles): Found {
  const text = textOf(files, 'Dockerfile')
  if (text === null) throw new PlatformError('BAD_REQUEST', 'There is no Dockerfile in this folder.')
  const exposed = exposedPort(text)
  const notes =
    exposed === null ? [`The Dockerfile has no EXPOSE with a port, so its program must listen on ${usualPort}.`] : []
  return {
    framework: 'dockerfile',
    packageManager: null,
    prepare: null,
    install: null,
    build: null,
    start: null,
    port: exposed ?? usualPort,
    env: {},
    lockFiles: ['Dockerfile'],
    notes,
  }
}

/** First port that the last stage exposes; one that is a variable is looked up among the ENV and ARG lines. */
function exposedPort(text: string): number | null {
  const variables = new Map<string, string>()
  let exposed: number | null = null
  for (const line of linesOf(text)) {
    const [, instruction = '', rest = ''] = /^\s*([A-Za-z]{2,12})\s+(\S.*)$/.exec(line) ?? []
    switch (instruction.toUpperCase()) {
      case 'FROM':
        exposed = null
        break
      case 'ENV':
      case 'ARG':
        for (const [, name = '', value = ''] of rest.matchAll(/(?:^|\s)(\w{1,100})[= ]"?(\d{1,5})"?(?=\s|$)/g))
          variables.set(name, value)
        break
      case 'EXPOSE': {
        const word = rest.split(/\s+/)[0]?.replace(/\/tcp$/i, '') ?? ''
        const name = /^\$\{?(\w{1,100})(?::-\d{1,5})?\}?$/.exec(word)?.[1]
        const port = Number(name === undefined ? word : variables.get(name))
        if (exposed === null && isPort(port)) exposed = port
      }
    }
  }
  return exposed
}
