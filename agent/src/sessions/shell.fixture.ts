import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Shell } from '../processes/programs.ts'
import { createScratch } from '../processes/scratch.ts'
import { onlyStream, takeApart } from './framing.ts'
import { ShellSession } from './session.ts'

/** How a command ended, as its caller sees it. */
export interface Ended {
  /** 'hangs' where it had not ended in time */
  readonly exitCode: number | null | 'hangs'
  readonly failure: string | null
  readonly stdout: string
  readonly stderr: string
}

/** A session of a given shell, without an agent around it. */
export interface TestShell {
  readonly session: ShellSession
  exec(text: string, limitMs?: number): Promise<Ended>
  end(): Promise<void>
}

/** Starts a session of this shell in a folder of its own. */
export async function startShell(shell: Shell, variables: Record<string, string> = {}): Promise<TestShell> {
  const folder = mkdtempSync(join(tmpdir(), 'shell-test-'))
  const scratch = createScratch(() => ['mkfifo'], [folder])
  const session = await ShellSession.start({
    id: 's',
    shell,
    cwd: folder,
    variables: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: folder, ...variables },
    scratch,
    folder,
  })
  return {
    session,
    async exec(text, limitMs = 5000) {
      const command = session.execute({ text, isAsync: false, isEchoSuppressed: false })
      const isOver = await Promise.race([command.finished.then(() => true), delay(limitMs, false)])
      const streams = { stdout: '', stderr: '' }
      for (const stream of ['stdout', 'stderr'] as const) {
        for await (const bytes of onlyStream(takeApart(command.log.read(0, null)), stream)) {
          streams[stream] += bytes.toString('latin1')
        }
      }
      return { exitCode: isOver ? command.exitCode : 'hangs', failure: command.failure?.code ?? null, ...streams }
    },
    async end() {
      await session.end(100)
      scratch.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
