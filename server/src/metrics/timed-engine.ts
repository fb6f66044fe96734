import { type Engine, isPlatformError } from '@sandyard/protocol'

/** Orders that take their time. */
const orders = [
  'create',
  'start',
  'stop',
  'pause',
  'resume',
  'fork',
  'resize',
  'setNetwork',
  'setEnv',
  'setSecrets',
  'archive',
  'restore',
  'saveSnapshot',
  'makeSnapshot',
  'removeSnapshot',
  'makeVolume',
  'removeVolume',
  'destroy',
  'measure',
] as const satisfies readonly (keyof Engine)[]

/** The engine, whose orders are timed. `note` is told of each when it has ended. */
export function timeOrders(
  engine: Engine,
  note: (order: string, outcome: 'done' | 'refused' | 'failed', seconds: number) => void,
): Engine {
  const timed = orders.map((order) => {
    const give = async (...args: readonly unknown[]): Promise<unknown> => {
      const startedAt = performance.now()
      let outcome: 'done' | 'refused' | 'failed' = 'done'
      try {
        // What is passed and returned is the engine's own business; types are those of the engine all the same.
        return await (engine[order] as (...all: readonly unknown[]) => Promise<unknown>)(...args)
      } catch (error) {
        outcome = isPlatformError(error) ? 'refused' : 'failed'
        throw error
      } finally {
        note(order, outcome, (performance.now() - startedAt) / 1000)
      }
    }
    return [order, give] as const
  })
  return Object.assign(Object.create(engine) as Engine, Object.fromEntries(timed))
}
