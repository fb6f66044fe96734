import type { ServerResponse } from 'node:http'

/** Path of the call whose end tells the platform that the agent has died. */
export const lifelinePath = '/lifeline'

/** Answers at once and stays open, with nothing more to say, as long as this process lives. */
export function answerLifeline(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  response.flushHeaders()
}
