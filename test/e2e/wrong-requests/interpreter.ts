import { type Entry, field, longPath, nul } from './wrong.ts'

/** Wrong requests to the calls of the code interpreter. */
export const wrongInterpreterRequests: Readonly<Record<string, Entry>> = {
  createInterpreterContext: {
    body: {},
    wrong: [
      field({ cwd: 7 }, /cwd/),
      field({ cwd: nul }, /NUL/),
      field({ cwd: longPath }, /cwd/),
      field({ cwd: '/no/such' }, /cwd: "\/no\/such" does not exist/),
      field({ cwd: '/etc/passwd' }, /no folder/),
      field({ language: 7 }, /language/),
      field({ language: 'javascript' }, /language: only python/),
    ],
  },
  listInterpreterContexts: { wrong: [] },
  deleteInterpreterContext: {
    params: { contextId: 'unknown' },
    wrong: [
      { status: 404, message: /^context not found: unknown$/ },
      { params: { contextId: 'default' }, status: 400, message: /default/ },
      { params: { contextId: '%' }, status: 400, message: /percent escape/ },
      { params: { contextId: '..%2f..%2fetc' }, status: 404, message: /./ },
      { params: { contextId: 'x'.repeat(5000) }, status: 404, message: /./ },
    ],
  },
  executeInterpreterCode: { wrong: [{ status: 400, message: /WebSocket/ }] },
}
