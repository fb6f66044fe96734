import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPorts } from '../commands/inside/port-forward.ts'
import { readCommand } from '../commands/inside/ssh.ts'
import { execLine } from './quote.ts'
import { createLeaveFilter } from './raw-terminal.ts'

/** What reaches the program of keys that come in these pieces, and whether the person left. */
function type(...pieces: readonly string[]): { passed: string; left: number } {
  const seen = { passed: '', left: 0 }
  const filter = createLeaveFilter({
    onKeys: (bytes) => {
      seen.passed += Buffer.from(bytes).toString('latin1')
    },
    onLeave: () => {
      seen.left += 1
    },
  })
  for (const piece of pieces) filter(Buffer.from(piece, 'latin1'))
  return seen
}

test('keys reach the program as they are, but for Enter, ~ and .', () => {
  assert.deepEqual(type('ls ~/x.\r'), { passed: 'ls ~/x.\r', left: 0 })
  assert.deepEqual(type('ls\r~.'), { passed: 'ls\r', left: 1 })
  assert.deepEqual(type('~', '.'), { passed: '', left: 1 })
  assert.deepEqual(type('\r~', 'a'), { passed: '\r~a', left: 0 })
  assert.deepEqual(type('\r~~.'), { passed: '\r~.', left: 0 })
  assert.deepEqual(type('\r~\r~.'), { passed: '\r~\r', left: 1 })
  assert.deepEqual(type('\x03\xff\x00'), { passed: '\x03\xff\x00', left: 0 })
})

test('words reach a shell as one word each', () => {
  assert.equal(execLine(['ls', '-la', '/']), 'exec ls -la /')
  assert.equal(
    execLine(['echo', "it's", '$HOME', '', 'a\nb', '~', '*']),
    `exec echo 'it'\\''s' '$HOME' '' 'a\nb' '~' '*'`,
  )
})

test('ports are numbers that ports can have', () => {
  assert.deepEqual(readPorts('8080:80'), { local: 8080, remote: 80 })
  assert.deepEqual(readPorts('3000'), { local: 3000, remote: 3000 })
  assert.deepEqual(readPorts('0:80'), { local: 0, remote: 80 })
  for (const wrong of ['', 'x', '0', '1:0', '65536', '1:65536', '1:2:3', '-1', '1.5', ' 1'])
    assert.throws(() => readPorts(wrong), /a port is written/, wrong)
})

test('what a platform tells about SSH becomes no option of ssh', () => {
  assert.deepEqual(readCommand('ssh -p 2222 tok_en-1@sandboxes.example.com'), [
    '-p',
    '2222',
    'tok_en-1@sandboxes.example.com',
  ])
  assert.deepEqual(readCommand('ssh a@127.0.0.1'), ['a@127.0.0.1'])
  assert.deepEqual(readCommand('ssh a@fe80::1%eth0'), ['a@fe80::1%eth0'])
  for (const wrong of [
    'ssh -o ProxyCommand=reboot a@b',
    'ssh a@b reboot',
    'ssh -oProxyCommand=reboot@b',
    'ssh a@-oProxyCommand=reboot',
    'ssh a@b\n-v',
    'a@b',
    '',
  ])
    assert.throws(() => readCommand(wrong), /that is none/, wrong)
})
