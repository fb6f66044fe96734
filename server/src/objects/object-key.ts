import { S3Error } from './s3-error.ts'

/** Name of the one bucket. */
export const bucket = 'build-contexts'

/** An object: `{organization}/{hash}/{name}` on the wire, and as folders on disk. */
export interface ObjectKey {
  readonly organizationId: string
  readonly hash: string
  readonly name: string
}

const organizationRule = /^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/
const hashRule = /^[0-9A-Za-z][0-9A-Za-z_-]{0,127}$/
const nameRule = /^[0-9A-Za-z][0-9A-Za-z._-]{0,127}$/

/** True for what can be the id of an organization here; none of it can mean another folder. */
export function isOrganizationId(text: string): boolean {
  return organizationRule.test(text)
}

/** True for what can name a context. */
export function isHash(text: string): boolean {
  return hashRule.test(text)
}

/** Reads the key of a call of this organization. Throws AccessDenied for keys of others, InvalidArgument for odd ones. */
export function parseKey(text: string, organizationId: string): ObjectKey {
  if (!text.startsWith(`${organizationId}/`)) throw new S3Error('AccessDenied', 'Access Denied')
  const [hash = '', name = '', ...more] = text.slice(organizationId.length + 1).split('/')
  if (!hashRule.test(hash) || !nameRule.test(name) || more.length > 0) {
    throw new S3Error('InvalidArgument', 'A key here is {organization}/{hash}/context.tar')
  }
  return { organizationId, hash, name }
}

/** The key as it stands on the wire. */
export function keyText({ organizationId, hash, name }: ObjectKey): string {
  return `${organizationId}/${hash}/${name}`
}
