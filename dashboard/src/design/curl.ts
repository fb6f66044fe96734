import { shellWord } from './shell-word.ts'

/** A call of the platform's API by curl; the key is taken from the environment, as libraries take it. */
export function curlOf(method: string, path: string, body?: unknown): string {
  const lines = [
    `curl -X ${method} ${shellWord(`${location.origin}/api${path}`)}`,
    '-H "Authorization: Bearer $DAYTONA_API_KEY"',
  ]
  if (body !== undefined) lines.push("-H 'Content-Type: application/json'", `-d ${shellWord(JSON.stringify(body))}`)
  return lines.join(' \\\n  ')
}
