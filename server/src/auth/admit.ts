import { PlatformError, type Route } from '@sandyard/protocol'
import { notFound } from '../not-found.ts'
import { type Authenticate, parseBearer } from './authenticate.ts'
import { isSelf, type Principal } from './principal.ts'

/** Names the organization that a signed-in user acts in (api.md 1). */
const organizationHeader = 'x-daytona-organization-id'

/** A request for a row, before its input is read. */
interface Visit {
  readonly route: Pick<Route, 'access' | 'isOpenWhenSuspended'>
  readonly request: Pick<Request, 'headers'>
  /** parameters of the path */
  readonly params: Readonly<Record<string, string>>
  /** told who calls as soon as that is known, also when the call is refused then */
  known?(caller: Principal): void
}

/**
 * Lets a caller in to a row; null on public ones. Throws UNAUTHORIZED for credentials nobody knows, FORBIDDEN for ones
 * that may not do this, NOT_FOUND where the path names an organization that is not the caller's.
 */
export async function admit(
  authenticate: Authenticate,
  { route, request, params, known }: Visit,
): Promise<Principal | null> {
  const { access } = route
  if (access === 'public') return null
  // A row for users themselves may all the same be one of an organization that its path names.
  const isPersonal = isPersonalAccess(access) && !(access === 'self' && params.organizationId !== undefined)
  const named = isPersonal ? undefined : params.organizationId
  const bearer = parseBearer(request.headers.get('authorization'))
  const wanted = named ?? request.headers.get(organizationHeader)
  const principal = bearer === null ? null : await authenticate(bearer, wanted)
  if (principal === null) throw new PlatformError('UNAUTHORIZED', 'Invalid credentials')
  known?.(principal)
  if (named !== undefined && principal.organizationId !== named) {
    throw notFound('Organization', named)
  }
  if (!isPersonal) checkOrganization(principal, route.isOpenWhenSuspended === true)
  if (access === 'self' && !isSelf(principal)) throw new PlatformError('FORBIDDEN', 'Invalid authentication context')
  if (!mayCall(principal, access)) throw new PlatformError('FORBIDDEN', 'Access denied')
  return principal
}

function isPersonalAccess(access: Route['access']): boolean {
  return access === 'user' || access === 'self' || access === 'admin'
}

function checkOrganization({ organizationId, suspension }: Principal, isOpenWhenSuspended: boolean): void {
  if (organizationId === null) throw new PlatformError('FORBIDDEN', 'Invalid authentication context')
  if (suspension !== null && !isOpenWhenSuspended) {
    throw new PlatformError('FORBIDDEN', `Organization is suspended: ${suspension}`)
  }
}

function mayCall(principal: Principal, access: Route['access']): boolean {
  switch (access) {
    case 'public':
    case 'user':
    case 'self':
    case 'member':
      return true
    case 'owner':
      return principal.role === 'owner'
    case 'admin':
      return principal.isAdmin
    default:
      return principal.permissions.has(access)
  }
}
