import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Daytona, Sandbox } from '@daytonaio/sdk'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

const nobody = '00000000-0000-4000-8000-000000000000'

/** What the calls of the table work with. */
interface Ground {
  readonly daytona: Daytona
  /** a client with a key that does not exist */
  readonly stranger: Daytona
  readonly sandbox: Sandbox
  readonly stopped: Sandbox
}

interface Wrong {
  readonly call: (ground: Ground) => Promise<unknown>
  readonly status: number
  /** its class in the newest client; the older one has no finer classes than those of the status */
  readonly error: string
  readonly message: RegExp
}

/** Classes of the older client by status; the others are plain. */
const olderClasses: Readonly<Record<number, string>> = {
  400: 'DaytonaValidationError',
  401: 'DaytonaAuthenticationError',
  403: 'DaytonaAuthorizationError',
  404: 'DaytonaNotFoundError',
  409: 'DaytonaConflictError',
}

const table: Readonly<Record<string, Wrong>> = {
  'a key that nobody has, listing': {
    call: async ({ stranger }) => (await stranger.list().next()).value,
    status: 401,
    error: 'DaytonaAuthenticationError',
    message: /credentials/,
  },
  'a key that nobody has, creating': {
    call: ({ stranger }) => stranger.create(),
    status: 401,
    error: 'DaytonaAuthenticationError',
    message: /credentials/,
  },
  'a key that nobody has, for a sandbox of others': {
    call: ({ stranger, sandbox }) => stranger.get(sandbox.id),
    status: 401,
    error: 'DaytonaAuthenticationError',
    message: /credentials/,
  },
  'a sandbox that is not there': {
    call: ({ daytona }) => daytona.get(nobody),
    status: 404,
    error: 'DaytonaNotFoundError',
    message: /0000 not found/,
  },
  'a name full of signs': {
    call: ({ daytona }) => daytona.get('../../x y?&%2e'),
    status: 404,
    error: 'DaytonaNotFoundError',
    message: /x y\?&%2e not found/,
  },
  'a name that is taken': {
    call: ({ daytona }) => daytona.create({ name: 'running' }),
    status: 409,
    error: 'DaytonaConflictError',
    message: /running already exists/,
  },
  'a name with markup': {
    call: ({ daytona }) => daytona.create({ name: '<b>' }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /name: /,
  },
  'more cores than there are': {
    call: ({ daytona }) => createWith(daytona, { cpu: 1000 }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /CPU request 1000/,
  },
  'half a gigabyte': {
    call: ({ daytona }) => createWith(daytona, { memory: 0.5 }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /memory: /,
  },
  'less than no disk': {
    call: ({ daytona }) => createWith(daytona, { disk: -1 }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /disk: /,
  },
  'a graphics card': {
    call: ({ daytona }) => createWith(daytona, { gpu: 1 }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /GPU request 1/,
  },
  'a snapshot that is not there': {
    call: ({ daytona }) => daytona.create({ snapshot: 'no-such' }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /no-such not found/,
  },
  'a user that is not in the snapshot': {
    call: ({ daytona }) => daytona.create({ user: 'no-such' }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /no user no-such/,
  },
  'a variable that is none': {
    call: ({ daytona }) => daytona.create({ envVars: { 'A B': '' } }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /'A B'/,
  },
  'a network that is none': {
    call: ({ daytona }) => daytona.create({ networkAllowList: 'all' }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /'all'/,
  },
  'an interval beyond all time': {
    call: ({ daytona }) => daytona.create({ autoStopInterval: 1e9 }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /autoStopInterval/,
  },
  'stopping what is stopped': {
    call: ({ stopped }) => stopped.stop(),
    status: 400,
    error: 'DaytonaValidationError',
    message: /stoppable/,
  },
  'a command in a stopped sandbox': {
    call: ({ stopped }) => stopped.process.executeCommand('true'),
    status: 409,
    error: 'DaytonaConflictError',
    message: /is stopped/,
  },
  'a file of a stopped sandbox': {
    call: ({ stopped }) => stopped.fs.listFiles('.'),
    status: 409,
    error: 'DaytonaConflictError',
    message: /is stopped/,
  },
  'a preview of port 70000': {
    call: ({ sandbox }) => sandbox.getPreviewLink(70_000),
    status: 400,
    error: 'DaytonaValidationError',
    message: /port/,
  },
  'no command': {
    call: ({ sandbox }) => sandbox.process.executeCommand(''),
    status: 400,
    error: 'DaytonaValidationError',
    message: /command/,
  },
  'less than no time': {
    call: ({ sandbox }) => sandbox.process.executeCommand('true', '/', {}, -1),
    status: 400,
    error: 'DaytonaValidationError',
    message: /timeout/,
  },
  'a variable that is none, for a command': {
    call: ({ sandbox }) => sandbox.process.executeCommand('true', '/', { 'A=B': '' }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /'A=B'/,
  },
  'no code': {
    call: ({ sandbox }) => sandbox.process.codeRun(''),
    status: 400,
    error: 'DaytonaValidationError',
    message: /code/,
  },
  'a session that is not there': {
    call: ({ sandbox }) => sandbox.process.executeSessionCommand('none', { command: 'true' }),
    status: 404,
    error: 'DaytonaProcessNotFoundError',
    message: /session none/,
  },
  'a log of a session that is not there': {
    call: ({ sandbox }) => sandbox.process.getSessionCommandLogs('none', 'one'),
    status: 404,
    error: 'DaytonaProcessNotFoundError',
    message: /session none/,
  },
  'a session without a name': {
    call: ({ sandbox }) => sandbox.process.createSession(''),
    status: 400,
    error: 'DaytonaValidationError',
    message: /sessionId/,
  },
  'downloading a folder': {
    call: ({ sandbox }) => sandbox.fs.downloadFile('/tmp'),
    status: 400,
    error: 'DaytonaInvalidFilePathError',
    message: /folder/,
  },
  'downloading what only root reads': {
    call: ({ sandbox }) => sandbox.fs.downloadFile('/etc/shadow'),
    status: 403,
    error: 'DaytonaFileAccessDeniedError',
    message: /permission/,
  },
  'a path with NUL': {
    call: ({ sandbox }) => sandbox.fs.downloadFile('a\0b'),
    status: 400,
    error: 'DaytonaInvalidFilePathError',
    message: /NUL/,
  },
  'no path': {
    call: ({ sandbox }) => sandbox.fs.getFileDetails(''),
    status: 400,
    error: 'DaytonaValidationError',
    message: /path/,
  },
  'a path longer than any': {
    call: ({ sandbox }) => sandbox.fs.getFileDetails('x'.repeat(5000)),
    status: 400,
    error: 'DaytonaValidationError',
    message: /4096/,
  },
  'listing a file': {
    call: ({ sandbox }) => sandbox.fs.listFiles('/etc/passwd'),
    status: 400,
    error: 'DaytonaInvalidFilePathError',
    message: /not a folder/,
  },
  'uploading where only root writes': {
    call: ({ sandbox }) => sandbox.fs.uploadFile(Buffer.from('x'), '/etc/x'),
    status: 400,
    error: 'DaytonaValidationError',
    message: /permission denied/,
  },
  'uploading onto a folder': {
    call: ({ sandbox }) => sandbox.fs.uploadFile(Buffer.from('x'), '/tmp'),
    status: 400,
    error: 'DaytonaValidationError',
    message: /folder/,
  },
  'a mode that is none': {
    call: ({ sandbox }) => sandbox.fs.createFolder('x', 'rwx'),
    status: 400,
    error: 'DaytonaValidationError',
    message: /octal/,
  },
  'an owner who is not there': {
    call: ({ sandbox }) => sandbox.fs.setFilePermissions('.bashrc', { owner: 'no-such' }),
    status: 400,
    error: 'DaytonaValidationError',
    message: /no-such/,
  },
  'rights over files of root': {
    call: ({ sandbox }) => sandbox.fs.setFilePermissions('/etc/passwd', { mode: '777' }),
    status: 403,
    error: 'DaytonaFileAccessDeniedError',
    message: /passwd/,
  },
  'moving what is not there': {
    call: ({ sandbox }) => sandbox.fs.moveFiles('none', 'x'),
    status: 404,
    error: 'DaytonaFileNotFoundError',
    message: /none/,
  },
  'moving onto another': {
    call: ({ sandbox }) => sandbox.fs.moveFiles('.profile', '.bashrc'),
    status: 409,
    error: 'DaytonaConflictError',
    message: /exists/,
  },
  'git where there is none': {
    call: ({ sandbox }) => sandbox.git.status('none'),
    status: 404,
    error: 'DaytonaGitRepoNotFoundError',
    message: /none/,
  },
  'a git URL that runs a program': {
    call: ({ sandbox }) => sandbox.git.clone('ext::sh -c id', 'x'),
    status: 400,
    error: 'DaytonaValidationError',
    message: /not accepted/,
  },
  'a git URL that is an option': {
    call: ({ sandbox }) => sandbox.git.clone('--upload-pack=id', 'x'),
    status: 400,
    error: 'DaytonaValidationError',
    message: /dash/,
  },
}

/** The clients send resources with a snapshot too, but their types say it only with an image. */
function createWith(daytona: Daytona, resources: Record<string, number>): Promise<Sandbox> {
  const params: object = { resources }
  return daytona.create(params)
}

for (const client of clients) {
  describe(client.name, () => {
    const daytona = connect(client, platform)
    const stranger = new client.sdk.Daytona({ apiUrl: platform.apiUrl, apiKey: 'dtn_nobody_has_this_key' })
    const made: Sandbox[] = []
    before(async () => {
      made.push(await daytona.create({ name: 'running' }), await daytona.create())
      await made[1]?.stop()
    })
    after(async () => {
      for (const sandbox of made) await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
      await stranger[Symbol.asyncDispose]()
    })

    for (const [what, { call, status, error, message }] of Object.entries(table)) {
      test(what, async () => {
        const [sandbox, stopped] = made
        assert.ok(sandbox && stopped)
        const thrown = await call({ daytona, stranger, sandbox, stopped }).then(
          () => assert.fail('nothing was thrown'),
          (reason: unknown) => reason,
        )
        assert.ok(thrown instanceof client.sdk.DaytonaError, String(thrown))
        const expected = client.isNewest ? error : (olderClasses[status] ?? 'DaytonaError')
        assert.deepEqual([thrown.statusCode, thrown.name], [status, expected], thrown.message)
        assert.match(thrown.message, message)
      })
    }
  })
}
