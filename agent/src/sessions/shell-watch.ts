import { readFileSync } from 'node:fs'
import type { ShellInput } from './shell-input.ts'

/** Time between looks at a command that runs, ms: each twice the one before. */
const firstLookMs = 100
const longestLookMs = 2000

/** A status that was written before the shell read on is here by then, ms. */
const statusGraceMs = 100

/** What is looked at while a command runs. */
export interface Watched {
  readonly pid: number
  /** where its stack began when it was started: elsewhere, once another program has taken its place */
  readonly stack: string
  readonly input: ShellInput
  /** told once, when the shell waits for a line, or can read none any more, although the command has told no status */
  readonly onLost: () => void
}

/**
 * Watches a shell that runs a command; the function it returns ends the watch. A shell that was stopped is continued:
 * a session has no terminal that anybody could do it from.
 */
export function watchShell({ pid, stack, input, onLost }: Watched): () => void {
  let delayMs = firstLookMs
  let hasProbe = false
  let isOver = false
  let timer = setTimeout(look, delayMs)

  function look(): void {
    const state = readProcessState(pid)
    if (state?.letter === 'T') continueGroup(pid)
    if (hasProbe && (takeProbe() || isCutOff())) {
      timer = setTimeout(() => setImmediate(tellLost), statusGraceMs)
      return
    }
    // An empty line does nothing, whenever it is read.
    if (!hasProbe) input.write('')
    hasProbe = true
    delayMs = Math.min(delayMs * 2, longestLookMs)
    timer = setTimeout(look, delayMs)

    /** It closed the descriptor that it reads lines from, and is still the shell. */
    function isCutOff(): boolean {
      return state !== null && state.stack !== '0' && state.stack === stack && !input.isOpenIn(pid)
    }
  }

  /** True if the shell has read the empty line. */
  function takeProbe(): boolean {
    const unread = input.takeBack()
    input.putBack(unread)
    return unread.length === 0
  }

  function tellLost(): void {
    if (!isOver) onLost()
  }

  return () => {
    isOver = true
    clearTimeout(timer)
  }
}

/** What a process is doing. */
export interface ProcessState {
  /** `T` is stopped */
  readonly letter: string
  /** address that its stack began at; 0 where that is not told */
  readonly stack: string
}

/** Reads it; null when the process has ended. */
export function readProcessState(pid: number): ProcessState | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name is in parentheses and may hold anything, so fields count from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { letter: fields[0] ?? '', stack: fields[25] ?? '0' }
  } catch {
    return null
  }
}

function continueGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGCONT')
  } catch {
    // It has ended, or became another user's.
  }
}
