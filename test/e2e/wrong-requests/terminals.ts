import { limits } from '@sandyard/protocol'
import { type Entry, field, nul, type Wrong } from './wrong.ts'

const unknown: Wrong[] = [
  { params: { sessionId: 'unknown' }, status: 404, message: /unknown/ },
  { params: { sessionId: '%' }, status: 400, message: /percent escape/ },
  { params: { sessionId: '..%2f..%2fetc' }, status: 404, message: /./ },
  { params: { sessionId: 'x'.repeat(5000) }, status: 404, message: /./ },
]
const badSizes = [0, -1, 1.5, limits.terminalSize + 1, '80', Number.MAX_SAFE_INTEGER + 1]

/** Wrong requests to the calls of terminals. */
export const wrongTerminalRequests: Readonly<Record<string, Entry>> = {
  createPtySession: {
    body: { id: 'new' },
    wrong: [
      field({}, /id/),
      field({ id: '' }, /id/),
      field({ id: 7 }, /id/),
      field({ id: 'x'.repeat(limits.sessionIdLength + 1) }, /id/),
      field({ id: 'create-connect' }, /reserved/, 400),
      ...['.', '..', 'half \ud800'].map((id) => field({ id }, /id: must not/)),
      ...badSizes.flatMap((size) => [
        field({ id: 'new', cols: size }, /cols/),
        field({ id: 'new', rows: size }, /rows/),
      ]),
      field({ id: 'new', cwd: 7 }, /cwd/),
      field({ id: 'new', cwd: nul }, /NUL/),
      field({ id: 'new', cwd: '/no/such' }, /does not exist/),
      field({ id: 'new', cwd: '/etc/passwd' }, /no folder/),
      field({ id: 'new', cwd: '/root' }, /may not be entered/),
      field({ id: 'new', cwd: 'x'.repeat(5000) }, /cwd/),
      field({ id: 'new', envs: { '1A': '' } }, /envs/),
      field({ id: 'new', envs: { A: nul } }, /envs/),
      field({ id: 'new', envs: { A: 'x'.repeat(limits.envValueBytes + 1) } }, /envs/),
      field({ id: 'new', lazyStart: 'yes' }, /lazyStart/),
    ],
  },
  listPtySessions: { wrong: [] },
  createConnectPtySession: {
    query: { id: 'new' },
    wrong: [
      { status: 400, message: /WebSocket/ },
      { query: {}, status: 400, message: /id/ },
      { query: { id: '' }, status: 400, message: /id/ },
      { query: { id: ['a', 'b'] }, status: 400, message: /id/ },
      { query: { id: '..' }, status: 400, message: /id: must not/ },
      ...['0', '-1', '1001', '1.5', 'many', ''].flatMap((size): Wrong[] => [
        { query: { id: 'new', cols: size }, status: 400, message: /cols/ },
        { query: { id: 'new', rows: size }, status: 400, message: /rows/ },
      ]),
    ],
  },
  getPtySession: { params: { sessionId: 'unknown' }, wrong: unknown },
  deletePtySession: { params: { sessionId: 'unknown' }, wrong: unknown },
  resizePtySession: {
    params: { sessionId: 'unknown' },
    body: { cols: 80, rows: 24 },
    wrong: [
      ...unknown.map((wrong) => (wrong.status === 404 ? { ...wrong, status: 410 } : wrong)),
      field({}, /cols/),
      field({ cols: 80 }, /rows/),
      ...badSizes.flatMap((size) => [field({ cols: size, rows: 24 }, /cols/), field({ cols: 80, rows: size }, /rows/)]),
    ],
  },
  connectPtySession: {
    params: { sessionId: 'unknown' },
    wrong: [
      { status: 400, message: /WebSocket/ },
      { query: { replay: ['true', 'true'] }, status: 400, message: /replay/ },
      { params: { sessionId: '%' }, status: 400, message: /percent escape/ },
    ],
  },
}
