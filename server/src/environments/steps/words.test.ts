import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorLines, isNetworkTrouble } from './words.ts'

const most = { lines: 10, characters: 700 }

/** What npm 11 writes where there is no lock file, in part. */
const npmHelp = `npm warn deprecated something@1.0.0
npm error code EUSAGE
npm error
npm error The \`npm ci\` command can only install with an existing package-lock.json or
npm error npm-shrinkwrap.json with lockfileVersion >= 1.
npm error
npm error Clean install a project
npm error
npm error Usage:
npm error npm ci
npm error
npm error Options:
npm error [--install-strategy <hoisted|nested|shallow|linked>] [--legacy-bundling]
npm error Run "npm help ci" for more info
npm error A complete log of this run can be found in: /root/.npm/_logs/x-debug-0.log
`

test('of a failed install its cause is told, not the help behind it', () => {
  assert.equal(
    errorLines(npmHelp, most),
    `npm error code EUSAGE
npm error The \`npm ci\` command can only install with an existing package-lock.json or
npm error npm-shrinkwrap.json with lockfileVersion >= 1.`,
  )
  const cases: [log: string, told: string][] = [
    ['Lockfile is up to date\n ERR_PNPM_NO_PKG  none found\nhint\n', ' ERR_PNPM_NO_PKG  none found\nhint'],
    ['\u001b[31merror\u001b[39m: lockfile had changes\n', 'error: lockfile had changes'],
    ['Collecting x\nERROR: No matching distribution\n\n', 'ERROR: No matching distribution'],
    ['it is broken\nnothing else\n', 'it is broken\nnothing else'],
    ['errors: 0\nit is broken', 'errors: 0\nit is broken'],
    ['', ''],
  ]
  for (const [log, told] of cases) assert.equal(errorLines(log, most), told)
  const long = errorLines(`error: begin\n${`${'x'.repeat(400)}\n`.repeat(20)}`, most)
  assert.ok(long.startsWith('error: begin\n') && long.length <= 700)
})

test('what the network has made fail is known by what is said of it', () => {
  const passing = [
    'npm error code ECONNRESET\nnpm error network aborted',
    'npm error code E503\nnpm error 503 Service Unavailable - GET https://registry.example/x',
    'npm error code E429',
    'npm error Socket timeout\nnpm error code ERR_SOCKET_TIMEOUT',
    'request to https://registry.example/x failed, reason: getaddrinfo EAI_AGAIN registry.example',
    ' ERR_PNPM_FETCH_503  GET https://registry.example/x: Service Unavailable - 503',
    'error There appears to be trouble with your network connection. Retrying...',
    "WARNING: Retrying after connection broken by 'ReadTimeoutError'",
    'ERROR: HTTP error 502 while getting https://index.example/x',
    'error: Failed to fetch: `https://index.example/x`\n  Caused by: operation timed out',
    'fatal: unable to access: Could not resolve host: git.example',
    'All attempts to connect to index.example failed.',
    'error: ConnectionRefused downloading package manifest x',
    'urllib3.exceptions.SSLError: [SSL: UNEXPECTED_EOF_WHILE_READING]',
    'error: RPC failed; curl 56\nfatal: the remote end hung up unexpectedly',
    'npm error code ERR_STREAM_PREMATURE_CLOSE\nnpm error Invalid response body: Premature close',
  ]
  for (const log of passing) assert.ok(isNetworkTrouble(log), log)
  const final = [
    npmHelp,
    'npm error code E404\nnpm error 404 Not Found - GET https://registry.example/x - Not found',
    'npm error code ERESOLVE\nnpm error ERESOLVE could not resolve\nnpm error peer react@"^18" from x@5.0.0',
    'ERROR: No matching distribution found for x==503',
    ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"',
    'sh: 1: nonsense: not found',
    '',
  ]
  for (const log of final) assert.ok(!isNetworkTrouble(log), log)
})
