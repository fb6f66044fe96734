import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Shell } from '../processes/programs.ts'
import { startShell } from './shell.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'shells-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** busybox is a plain sh when it is called `ash`. */
function ash(): string {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path))
  const link = join(folder, 'ash')
  if (busybox !== undefined) symlinkSync(busybox, link)
  return link
}

const shells: readonly Shell[] = [
  { path: '/bin/bash', dialect: 'bash' },
  { path: '/bin/dash', dialect: 'posix' },
  { path: ash(), dialect: 'posix' },
  { path: '/bin/zsh', dialect: 'zsh' },
]

/** What the next command meets. */
type After = 'lives' | 'ended' | 'either'

interface Case {
  readonly text: string
  readonly after: After
  readonly exitCode?: number
  readonly stdout?: string
}

/** Closes all that the shell has open besides its standard streams, or those, too. */
const closeOthers =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is text for a shell
  'for f in /proc/$$/fd/*; do case ${f##*/} in [012]) ;; *) eval "exec ${f##*/}>&-";; esac; done; echo closed'
const closeAll = 'for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do eval "exec $n>&-"; done'

const everywhere: readonly Case[] = [
  { text: 'exit 3', after: 'ended', exitCode: 3 },
  { text: 'set -e\nfalse\necho no', after: 'ended', exitCode: 1, stdout: '' },
  { text: 'exec sh -c "echo r; exit 4"', after: 'ended', exitCode: 4, stdout: 'r\n' },
  { text: 'exec sh -c "sleep 0.6; echo r"', after: 'ended', exitCode: 0, stdout: 'r\n' },
  { text: 'exec no-such-program', after: 'ended', exitCode: 127 },
  { text: 'kill -9 $$', after: 'ended', exitCode: 137 },
  { text: 'kill -STOP $$; echo on', after: 'lives', exitCode: 0, stdout: 'on\n' },
  { text: 'kill -STOP 0; echo on', after: 'lives', exitCode: 0, stdout: 'on\n' },
  { text: 'sleep 3 & echo bg', after: 'lives', exitCode: 0, stdout: 'bg\n' },
  { text: 'cat <<END\nhere\nEND', after: 'lives', exitCode: 0, stdout: 'here\n' },
  { text: 'echo "unbalanced', after: 'lives' },
  { text: "echo 'unbalanced", after: 'lives' },
  { text: 'if', after: 'lives' },
  { text: ')', after: 'lives' },
  { text: 'cat <<END\nno end', after: 'lives' },
  { text: 'set -n', after: 'ended' },
  { text: 'set -n; echo x', after: 'ended' },
  { text: 'trap "" TERM INT HUP; echo t', after: 'lives', stdout: 't\n' },
  { text: 'trap "echo bye" EXIT; echo t; exit 6', after: 'ended', exitCode: 6 },
  { text: 'exec >/dev/null 2>&1; echo lost', after: 'lives', exitCode: 0, stdout: '' },
  { text: 'exec 0</dev/null; echo z', after: 'lives', exitCode: 0, stdout: 'z\n' },
  { text: 'exec 0<&- 1>&- 2>&-', after: 'lives', exitCode: 0 },
  { text: closeOthers, after: 'ended' },
  { text: closeAll, after: 'ended' },
  { text: 'ulimit -f 0; echo x', after: 'lives', exitCode: 0, stdout: 'x\n' },
  { text: 'ulimit -n 4; echo x', after: 'ended', stdout: 'x\n' },
  { text: 'printf() { :; }; echo p', after: 'lives', exitCode: 0, stdout: 'p\n' },
  { text: 'command() { :; }; echo c', after: 'either', stdout: 'c\n' },
  { text: 'builtin() { :; }; echo b', after: 'either', stdout: 'b\n' },
  { text: 'eval() { :; }; echo e', after: 'lives' },
  { text: 'alias printf=false command=false builtin=false eval=false .=false; echo a', after: 'lives', exitCode: 0 },
  { text: 'set -o noclobber; echo nc', after: 'lives', exitCode: 0, stdout: 'nc\n' },
  { text: 'set -u; echo ok', after: 'lives', exitCode: 0, stdout: 'ok\n' },
  { text: 'set -f; IFS=0123456789/; echo ifs', after: 'lives', exitCode: 0, stdout: 'ifs\n' },
  { text: 'd=$(mktemp -d); cd $d; rmdir $d; echo rm', after: 'lives', exitCode: 0, stdout: 'rm\n' },
  { text: 'umask 777; echo um', after: 'lives', exitCode: 0, stdout: 'um\n' },
  { text: 'readonly PATH HOME IFS; readonly x=1; x=2; echo ro', after: 'lives' },
  { text: 'unset PATH; echo np', after: 'lives', exitCode: 0, stdout: 'np\n' },
  { text: 'set -x; echo xx', after: 'lives', exitCode: 0, stdout: 'xx\n' },
  { text: 'set -v; echo vv', after: 'lives', exitCode: 0, stdout: 'vv\n' },
  { text: 'break; echo on', after: 'either' },
  { text: 'return 5', after: 'either' },
  { text: '. /no/such/file', after: 'lives' },
  { text: 'read x <&10', after: 'either' },
]

const inBash: readonly Case[] = [
  { text: 'trap "echo bye" EXIT; echo t; exit 7', after: 'ended', exitCode: 7, stdout: 't\nbye\n' },
  { text: 'set -o posix; echo px', after: 'lives', exitCode: 0, stdout: 'px\n' },
  { text: 'set -o posix; if', after: 'either', exitCode: 2 },
  { text: 'POSIXLY_CORRECT=1; printf() { :; }; echo p', after: 'lives', exitCode: 0, stdout: 'p\n' },
  { text: 'trap "echo dbg" DEBUG; echo t', after: 'either', exitCode: 0, stdout: 'dbg\nt\n' },
  { text: 'trap "echo err" ERR; false', after: 'lives', exitCode: 1, stdout: 'err\n' },
  { text: 'trap "exit 9" DEBUG; echo t', after: 'ended', exitCode: 9, stdout: '' },
  { text: 'enable -n printf; echo en', after: 'ended', stdout: 'en\n' },
  { text: 'readonly -f printf 2>/dev/null; echo', after: 'lives' },
  { text: 'suspend -f; echo s', after: 'lives', exitCode: 0, stdout: 's\n' },
]

for (const shell of shells) {
  const skip = existsSync(shell.path) ? false : `there is no ${shell.path} here`
  describe(`${shell.path.replace(folder, 'busybox')} cannot be broken by`, { skip, concurrency: 4 }, () => {
    for (const { text, after, exitCode, stdout } of [...everywhere, ...(shell.dialect === 'bash' ? inBash : [])]) {
      it(JSON.stringify(text), async () => {
        const { session, exec, end } = await startShell(shell)
        try {
          const ended = await exec(text)
          assert.notEqual(ended.exitCode, 'hangs')
          if (exitCode !== undefined) assert.equal(ended.exitCode, exitCode)
          if (stdout !== undefined) assert.equal(ended.stdout, stdout)
          const next = await nextOutcome(exec)
          if (after === 'either') assert.match(next, /lives|ended/)
          else assert.equal(next, after)
          assert.equal([...session.commands.values()][0]?.request.text, text, 'it is still listed')
        } finally {
          await end()
        }
      })
    }
  })
}

/** Whether the shell runs another command, or it is said that it has ended. */
async function nextOutcome(exec: Awaited<ReturnType<typeof startShell>>['exec']): Promise<string> {
  try {
    const next = await exec('echo alive')
    if (next.failure === 'SESSION_ENDED') return 'ended'
    return next.exitCode === 0 && next.stdout.endsWith('alive\n') ? 'lives' : JSON.stringify(next)
  } catch (thrown) {
    return (thrown as { code?: string }).code === 'SESSION_ENDED' ? 'ended' : String(thrown)
  }
}
