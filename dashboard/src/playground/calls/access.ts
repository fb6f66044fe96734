import { type Call, type CallField, curl, literal, numeral, segment } from '../call.ts'

const port: CallField = { label: 'Port', initial: '3000', kind: 'number' }

/** Ways into a sandbox, and what outlives it. */
export const accessCalls: readonly Call[] = [
  {
    name: 'sandbox.getPreviewLink',
    title: 'Link to a port',
    fields: { port },
    typescript: (v) => `console.log(await sandbox.getPreviewLink(${numeral(v.port)}))`,
    python: (v) => `print(sandbox.get_preview_link(${numeral(v.port)}))`,
    curl: (v, { api, sandboxId }) => curl('GET', `${api}/sandbox/${sandboxId}/ports/${numeral(v.port)}/preview-url`),
    run: async ({ sandbox }, v) => ({ url: (await sandbox.getPreviewLink(Number(v.port))).url }),
  },
  {
    name: 'sandbox.getSignedPreviewUrl',
    title: 'Link to a port that is good for a while',
    fields: { port, seconds: { label: 'Seconds', initial: '600', kind: 'number' } },
    typescript: (v) => `console.log(await sandbox.getSignedPreviewUrl(${numeral(v.port)}, ${numeral(v.seconds)}))`,
    python: (v) => `print(sandbox.create_signed_preview_url(${numeral(v.port)}, ${numeral(v.seconds)}))`,
    curl: (v, { api, sandboxId }) =>
      curl('GET', `${api}/sandbox/${sandboxId}/ports/${numeral(v.port)}/signed-preview-url`, {
        query: { expiresInSeconds: numeral(v.seconds) },
      }),
    run: ({ sandbox }, v) => sandbox.getSignedPreviewUrl(Number(v.port), Number(v.seconds)),
  },
  {
    name: 'sandbox.createSshAccess',
    title: 'Let somebody in by SSH',
    fields: { minutes: { label: 'Minutes', initial: '10', kind: 'number' } },
    typescript: (v) => `console.log(await sandbox.createSshAccess(${numeral(v.minutes)}))`,
    python: (v) => `print(sandbox.create_ssh_access(expires_in_minutes=${numeral(v.minutes)}))`,
    curl: (v, { api, sandboxId }) =>
      curl('POST', `${api}/sandbox/${sandboxId}/ssh-access`, { query: { expiresInMinutes: numeral(v.minutes) } }),
    run: ({ sandbox }, v) => sandbox.createSshAccess(Number(v.minutes)),
  },
  {
    name: 'daytona.snapshot.list',
    title: 'List snapshots',
    fields: {},
    typescript: () => 'console.log(await daytona.snapshot.list())',
    python: () => 'print(daytona.snapshot.list())',
    curl: (_, { api }) => curl('GET', `${api}/snapshots`),
    run: ({ daytona }) => daytona.snapshot.list({ limit: 20 }),
  },
  {
    name: 'daytona.volume.get',
    title: 'A volume, made if it is not there',
    fields: { name: { label: 'Name', initial: 'playground' } },
    typescript: (v) => `console.log(await daytona.volume.get(${literal(v.name)}, true))`,
    python: (v) => `print(daytona.volume.get(${literal(v.name)}, create=True))`,
    curl: (v, { api }) => curl('GET', `${api}/volumes/by-name/${segment(v.name)}`),
    run: ({ daytona }, v) => daytona.volume.get(v.name ?? '', true),
  },
]
