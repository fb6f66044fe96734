import { limits } from '@sandyard/protocol'
import type { Wrong } from './wrong-lifecycle.ts'

const minutes = (text: string): Wrong => ({
  query: `?expiresInMinutes=${text}`,
  status: 400,
  message: /expiresInMinutes/,
})
const longest = 'x'.repeat(limits.nameLength + 1)

/** What can be wrong with each call on tokens for SSH in particular. */
export const wrongSsh: Record<string, readonly Wrong[]> = {
  createSshAccess: [
    ...['0', '-1', 'soon', '1e3', '', '0.0', `${limits.sshAccessMinutes + 1}`, '9'.repeat(30), 'NaN'].map(minutes),
    { query: '?expiresInMinutes=1&expiresInMinutes=2', status: 400, message: /expiresInMinutes/ },
    { params: { sandboxIdOrName: 'no-such' }, status: 404, message: /no-such not found$/ },
  ],
  listSshAccesses: [{ params: { sandboxIdOrName: 'no-such' }, status: 404, message: /no-such not found$/ }],
  revokeSshAccess: [
    { query: '?id=', status: 400, message: /id/ },
    { query: '?token=', status: 400, message: /token/ },
    { query: `?token=${longest}`, status: 400, message: /token/ },
    { params: { sandboxIdOrName: 'no-such' }, status: 404, message: /no-such not found$/ },
  ],
  validateSshAccess: [
    { query: '', status: 400, message: /token/ },
    { query: '?token=', status: 400, message: /token/ },
    { query: `?token=${longest}`, status: 400, message: /token/ },
    { query: '?token=a&token=b', status: 400, message: /token/ },
  ],
}
