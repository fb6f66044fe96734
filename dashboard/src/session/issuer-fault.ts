const words: Readonly<Record<string, string>> = {
  UNAUTHORIZED: 'The sign-in with your organization was not completed. Begin it again.',
  FORBIDDEN: 'Your organization knows you, and this platform has no account for you. Ask its administrator for one.',
  SERVICE_UNAVAILABLE: 'The sign-in of your organization does not answer now. Try again in a minute.',
  NOT_FOUND: 'This platform has no sign-in with an organization any more.',
  TOO_MANY_REQUESTS: 'Too many tries. Wait a minute, then try again.',
}

/** Why a sign-in at the OIDC issuer has failed, in words; `code` is in the address and may be anything. */
export function issuerFault(code: string): string {
  return (Object.hasOwn(words, code) ? words[code] : undefined) ?? 'The sign-in with your organization has failed.'
}
