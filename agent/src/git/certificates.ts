import { accessSync, constants } from 'node:fs'
import type { GitTools } from '../tools.ts'
import type { GitResult } from './errors.ts'

/** Where our git looks by itself. */
const usual = '/etc/ssl/certs/ca-certificates.crt'
/** Where other distributions keep theirs. */
const others = ['/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem']

/**
 * Options that name the certificates our git is to trust: those of the user, else of the image, else our own.
 * @param environment what git is started with; its own variables go before any option
 * @param probe runs git
 */
export async function certificateConfig(
  own: GitTools | null,
  environment: Readonly<Record<string, string>>,
  probe: (args: readonly string[]) => Promise<GitResult>,
): Promise<readonly string[]> {
  if (own === null || environment.GIT_SSL_CAINFO || environment.GIT_SSL_CAPATH) return []
  const named = environment.SSL_CERT_FILE ?? ''
  const found = [named, usual, ...others].find((path) => path !== '' && isReadable(path)) ?? own.certificates
  if (found === usual) return []
  const settings = await probe(['config', '--get-regexp', '^http\\.sslca(info|path)$'])
  return settings.exitCode === 0 ? [] : ['-c', `http.sslCAInfo=${found}`]
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false // absent or not for us: the next place is tried
  }
}
