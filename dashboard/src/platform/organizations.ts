import { type AnswerOf, type ApiOperations, createClient } from '@sandyard/sdk'
import type { SessionKeeper } from '../session/keeper.ts'

/** An organization of the user. */
export type Organization = AnswerOf<ApiOperations['listOrganizations']>[number]

/** Base of the API: the page and it have one origin. */
export const apiUrl = `${location.origin}/api`

/** ms after which a call that reads is given up */
export const requestTimeoutMs = 60_000

const chosenKey = 'sandyard.organization'

/** Calls of the user, outside any organization. */
export function userClient(keeper: SessionKeeper) {
  return createClient({ apiUrl, credentials: 'session', requestTimeoutMs, fetch: keeper.fetch })
}

/** The one that was chosen last in this browser, else the first. */
export function pickOrganization(all: readonly Organization[]): Organization | undefined {
  const wanted = localStorage.getItem(chosenKey)
  return all.find(({ id }) => id === wanted) ?? all[0]
}

/** Remembers the choice in this browser. */
export function rememberOrganization(id: string): void {
  localStorage.setItem(chosenKey, id)
}
