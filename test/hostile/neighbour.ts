import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Inside } from './ground.ts'

/** Longest time that a command in an untouched sandbox may take while another one does its worst, ms. */
const patienceMs = 3000

/** Does `attack`, and fails unless commands of `neighbour` go on as before. Resolves to what the attack came to. */
export async function besides<T>(neighbour: Inside, attack: () => Promise<T>): Promise<T> {
  let isOver = false
  const attacking = attack().finally(() => {
    isOver = true
  })
  attacking.catch(() => {}) // Awaited below, after the neighbour had its say.
  const times: number[] = []
  do {
    await sleep(50)
    const startedAt = performance.now()
    const { exitCode, text } = await neighbour.run('echo here', 10)
    times.push(performance.now() - startedAt)
    assert.deepEqual({ exitCode, text }, { exitCode: 0, text: 'here\n' })
  } while (!isOver)
  const worst = Math.max(...times)
  assert.ok(worst < patienceMs, `the slowest of ${times.length} commands of the neighbour took ${worst} ms`)
  return await attacking
}

/** Memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kib === undefined) throw new Error(`Process ${pid} has no memory`)
  return Number(kib) * 1024
}
