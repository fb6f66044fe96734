import { createSecureContext } from 'node:tls'
import { type Authorization, crypto as acmeCrypto, axios, Client } from 'acme-client'
import type { Challenges } from './challenges.ts'

/** How an authority is asked. */
export interface Authority {
  readonly directoryUrl: string
  readonly accountKey: Buffer
  /** for people at the authority */
  readonly email: string
  /** what an authority may want besides: an account that was made elsewhere */
  readonly external: { readonly kid: string; readonly hmacKey: string } | null
}

/** Kinds of challenges that we answer. */
export const challengeKinds = ['http-01', 'tls-alpn-01'] as const
export type ChallengeKind = (typeof challengeKinds)[number]

/** Makes a certificate for a name; answers key and chain in one text, PEM. */
export type Issue = (name: string, kinds: readonly ChallengeKind[]) => Promise<string>

/** Time for one answer of the authority, ms. */
const answerMs = 30_000
/** Longest answer, bytes. */
const answerBytes = 1024 * 1024

/** Makes what asks the authority. Each order stands for itself: after a crash a new one begins. */
export function createIssue(authority: Authority, challenges: Challenges, pollMs = 1_000): Issue {
  axios.defaults.timeout = answerMs
  axios.defaults.maxContentLength = answerBytes
  // Who asks for a certificate tries again. The library would sleep before each try, as long as the authority says, and nothing
  // ends that: a platform that is told to end would wait for it.
  Object.assign(axios.defaults, { acmeSettings: { retryMaxAttempts: 0, retryDefaultDelay: 1 } })
  const client = new Client({
    directoryUrl: authority.directoryUrl,
    accountKey: authority.accountKey,
    ...(authority.external === null ? {} : { externalAccountBinding: authority.external }),
    backoffAttempts: 30,
    backoffMin: pollMs,
    backoffMax: 10 * pollMs,
  })
  let hasAccount = false

  async function prove(authorization: Authorization, kinds: readonly ChallengeKind[]): Promise<void> {
    if (authorization.status === 'valid') return
    const { value: name } = authorization.identifier
    const challenge = kinds
      .map((kind) => authorization.challenges.find(({ type }) => type === kind))
      .find((found) => found !== undefined)
    if (challenge === undefined) throw new Error(`The authority offers no challenge for ${name} that we can answer`)
    const answer = await client.getChallengeKeyAuthorization(challenge)
    const isHttp = challenge.type === 'http-01'
    if (isHttp) challenges.http.set(challenge.token, answer)
    else {
      const key = await acmeCrypto.createPrivateEcdsaKey('P-256')
      const [, cert] = await acmeCrypto.createAlpnCertificate(authorization, answer, key)
      challenges.alpn.set(name, createSecureContext({ key, cert }))
    }
    try {
      await client.completeChallenge(challenge)
      await client.waitForValidStatus(challenge)
    } finally {
      if (isHttp) challenges.http.delete(challenge.token)
      else challenges.alpn.delete(name)
    }
  }

  return async (name, kinds) => {
    if (!hasAccount) {
      await client.createAccount({ termsOfServiceAgreed: true, contact: [`mailto:${authority.email}`] })
      hasAccount = true
    }
    const order = await client.createOrder({ identifiers: [{ type: 'dns', value: name }] })
    for (const authorization of await client.getAuthorizations(order)) await prove(authorization, kinds)
    const key = await acmeCrypto.createPrivateEcdsaKey('P-256')
    const [, csr] = await acmeCrypto.createCsr({ altNames: [name] }, key)
    const finished = await client.finalizeOrder(order, csr)
    const chain = await client.getCertificate(finished)
    return `${key.toString().trim()}\n${chain.trim()}\n`
  }
}
