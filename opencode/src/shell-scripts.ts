/**
 * The program that stands for the user's shell. It leaves the project's folder first: the runtime would read settings
 * there, which may be anybody's. OpenCode's own binary is the runtime, as the machine may have no other.
 */
export function shellScript(place: { runtime: string; client: string; folder: string }): string {
  return `#!/bin/sh
if [ -z "$SANDYARD_OPENCODE_SOCKET" ] || [ -z "$SANDYARD_OPENCODE_SESSION" ] || [ "$1" != "-c" ]; then
  echo "Nothing was run: commands run in the sandbox of a session, and there is none here." >&2
  exit 127
fi
SANDYARD_OPENCODE_CWD=$PWD
SANDYARD_OPENCODE_COMMAND=$2
export SANDYARD_OPENCODE_CWD SANDYARD_OPENCODE_COMMAND
cd ${quoted(place.folder)} || exit 127
BUN_BE_BUN=1
export BUN_BE_BUN
exec ${quoted(place.runtime)} ${quoted(place.client)}
`
}

/** Sends the command to the plugin and prints what comes. */
export const clientScript = `import { connect } from 'node:net'
const { env } = process
const socket = connect(env.SANDYARD_OPENCODE_SOCKET)
let rest = ''
let exit
socket.setEncoding('utf8')
socket.on('connect', () => {
  const { SANDYARD_OPENCODE_SESSION: session, SANDYARD_OPENCODE_COMMAND: command, SANDYARD_OPENCODE_CWD: cwd } = env
  socket.write(JSON.stringify({ session, command, cwd }) + '\\n')
})
socket.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n')
  rest = lines.pop()
  for (const line of lines) {
    const frame = JSON.parse(line)
    if (frame.text !== undefined && !process.stdout.write(frame.text)) {
      socket.pause()
      process.stdout.once('drain', () => socket.resume())
    }
    if (frame.exit !== undefined) exit = frame.exit
  }
})
socket.on('error', (error) => {
  process.stderr.write('Nothing was run: the sandbox plugin does not answer: ' + error.message + '\\n')
})
socket.on('close', () => {
  process.exitCode = exit ?? 127
})
`

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
