import type { Daytona, Events } from '@sandyard/sdk'
import type { SessionKeeper } from '../session/keeper.ts'

/** Opens the events of the organization, with the bearer of the session; one that the platform takes no more is renewed. */
export function openEvents(keeper: SessionKeeper, daytona: Daytona): Events {
  const events = daytona.events({
    // Unlike an answer of the platform, none at all does not end the session.
    token: async (refused) => (refused === null ? bearerOf(keeper) : await keeper.renew(refused)),
    longestWaitMs: 8000,
  })
  const hurry = (): void => {
    if (!document.hidden) events.tryNow()
  }
  addEventListener('online', hurry)
  document.addEventListener('visibilitychange', hurry)
  const stop = events.onStatus(() => {
    if (events.status() !== 'closed') return
    stop()
    removeEventListener('online', hurry)
    document.removeEventListener('visibilitychange', hurry)
  })
  return events
}

function bearerOf(keeper: SessionKeeper): string | null {
  const state = keeper.state()
  return state.kind === 'in' ? state.session.token : null
}
