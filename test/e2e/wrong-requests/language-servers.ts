import { limits } from '@sandyard/protocol'
import { type Entry, field, longPath, nul, query, type Wrong } from './wrong.ts'

const server = { languageId: 'python', pathToProject: '/tmp' }
const file = { ...server, uri: 'file:///tmp/a.py' }
const completion = { ...file, position: { line: 0, character: 0 } }

/** A server that nobody has started. */
const notStarted = /server not initialized/

/** Makes a wrong request of fields, as the query or as the body. */
type Put = (values: object, message: RegExp, status?: number) => Wrong

/** The fields that name the server, wrong in each way. */
const servers = (good: object, put: Put): Wrong[] => {
  const wrong = (values: object, message: RegExp): Wrong => put({ ...good, ...values }, message)
  return [
    put({}, /languageId/),
    wrong({ languageId: '' }, /languageId/),
    wrong({ languageId: 'cobol' }, /languageId/),
    wrong({ languageId: 'Python' }, /languageId/),
    wrong({ pathToProject: undefined }, /pathToProject/),
    wrong({ pathToProject: '' }, /pathToProject/),
    wrong({ pathToProject: nul }, /NUL/),
    wrong({ pathToProject: longPath }, /pathToProject/),
    wrong({ pathToProject: `/${'ä'.repeat(3000)}` }, /4096 bytes/),
  ]
}

/** The same for calls about a file. */
const files = (good: object, put: Put): Wrong[] => {
  const wrong = (values: object, message: RegExp): Wrong => put({ ...good, ...values }, message)
  return [
    ...servers(good, put),
    wrong({ uri: undefined }, /uri/),
    wrong({ uri: '' }, /uri/),
    wrong({ uri: nul }, /NUL/),
    wrong({ uri: 'x'.repeat(3 * limits.pathBytes + 8) }, /uri/),
    wrong({}, notStarted),
    wrong({ pathToProject: '/no/such/path' }, notStarted),
  ]
}

/** What only a body can have. */
const types = (good: object): Wrong[] => [
  field({ ...good, languageId: 7 }, /languageId/),
  field({ ...good, languageId: null }, /languageId/),
  field({ ...good, pathToProject: ['/tmp'] }, /pathToProject/),
]

/** Wrong requests to the calls of language servers. */
export const wrongLanguageServerRequests: Readonly<Record<string, Entry>> = {
  startLspServer: {
    body: { ...server, pathToProject: '/no/such/path' },
    wrong: [
      ...servers(server, field),
      ...types(server),
      field({ ...server, pathToProject: '/no/such/path' }, /no such file or folder/, 404),
      field({ ...server, pathToProject: 'not-there' }, /no such file or folder/, 404),
      field({ ...server, pathToProject: '/etc/passwd' }, /not a folder/),
      field({ ...server, pathToProject: '/etc/passwd/below' }, /not a folder/),
      field({ ...server, pathToProject: `/tmp/${'x'.repeat(300)}` }, /name/i),
      field({ ...server, pathToProject: '/root/project' }, /permission denied/, 403),
    ],
  },
  stopLspServer: {
    body: server,
    wrong: [...servers(server, field), ...types(server), field(server, notStarted)],
  },
  lspDidOpen: { body: file, wrong: [...files(file, field), ...types(file), field({ ...file, uri: 7 }, /uri/)] },
  lspDidClose: { body: file, wrong: [...files(file, field), ...types(file), field({ ...file, uri: null }, /uri/)] },
  lspCompletions: {
    body: completion,
    wrong: [
      ...files(completion, field),
      ...types(completion),
      ...[undefined, null, 7, [], {}, { line: 0 }, { character: 0 }].map((position) =>
        field({ ...completion, position }, /position/),
      ),
      ...[-1, 1.5, '0', null, 2 ** 31].map((line) =>
        field({ ...completion, position: { line, character: 0 } }, /position\.line/),
      ),
      field({ ...completion, position: { line: 0, character: -1 } }, /position\.character/),
      ...[7, 'x', {}, { triggerKind: 0 }, { triggerKind: 4 }, { triggerKind: '1' }].map((context) =>
        field({ ...completion, context }, /context/),
      ),
      field({ ...completion, context: { triggerKind: 2, triggerCharacter: 'x'.repeat(11) } }, /triggerCharacter/),
    ],
  },
  lspDocumentSymbols: {
    query: file,
    wrong: [...files(file, queryOf), query({ ...file, uri: ['a', 'b'] }, /uri/)],
  },
  lspWorkspaceSymbols: {
    query: { ...server, query: 'x' },
    wrong: [
      ...servers({ ...server, query: 'x' }, queryOf),
      query(server, /query/),
      query({ ...server, query: ['a', 'b'] }, /query/),
      query({ ...server, query: 'x'.repeat(1001) }, /query/),
      query({ ...server, query: 'x' }, notStarted),
    ],
  },
}

/** What is not defined is not sent. */
function queryOf(values: object, message: RegExp, status = 400): Wrong {
  const sent = Object.entries(values).filter(([, value]) => value !== undefined)
  return query(Object.fromEntries(sent), message, status)
}
