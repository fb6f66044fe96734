import type { Entry } from './wrong.ts'

/** Wrong requests for streams of bytes; what comes on them later is told by the agent's own tests. */
export const wrongAttachmentRequests: Readonly<Record<string, Entry>> = {
  attachProgram: { wrong: [{ status: 400, message: /WebSocket/ }] },
  connectPort: {
    params: { port: '1' },
    wrong: [
      { status: 400, message: /WebSocket/ },
      { params: { port: '%' }, status: 400, message: /percent escape/ },
    ],
  },
}
