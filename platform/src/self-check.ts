import { platformApi } from './platform-api.ts'

/**
 * Makes a sandbox through the platform's own API, runs a command in it and removes it. Gives one line for people;
 * a failure is told, not thrown: the platform stays up, and its log and `doctor` say more.
 */
export async function selfCheck(url: string, key: string): Promise<string> {
  const api = platformApi(url, key)
  const name = `self-check-${Date.now()}`
  try {
    const startedMs = performance.now()
    const sandbox = await api.create(name)
    const answer = await api.execute(sandbox, 'echo ready')
    const tookMs = Math.round(performance.now() - startedMs)
    if (answer.trim() !== 'ready') throw new Error(`the command answered ${JSON.stringify(answer)}`)
    await api.remove(sandbox.id)
    return `Self-check: sandbox made, command answered in ${tookMs} ms`
  } catch (error) {
    await api.remove(name).catch(() => undefined) // it may never have been made
    return `Self-check FAILED: ${(error as Error).message}\n  npm run sandyard -- doctor tells what this machine lacks`
  }
}
