import * as z from 'zod/mini'
import { limits } from '../limits.ts'
import { pageQuery } from '../paging.ts'
import { dateText } from '../query.ts'
import { defineRoutes } from '../route.ts'
import { personName } from './users.ts'
import '../messages.ts'

const date = z.nullable(z.string())

/** An organization (api.md appendix Organization); limits and rates have their own rows. */
export const Organization = z.looseObject({
  id: z.string(),
  name: z.string(),
  createdBy: z.string(),
  personal: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
  suspended: z.boolean(),
  suspendedAt: date,
  suspensionReason: z.string(),
  suspendedUntil: date,
  suspensionCleanupGracePeriodHours: z.number(),
})

/** A name of an organization or a role. */
export const organizationName = personName

const regionId = z.string().check(z.minLength(1), z.maxLength(limits.nameLength))

const previewWarning = z.object({ previewWarningEnabled: z.boolean() })

/** Organizations (api.md 1.8); quotas, telemetry and billing have rows of their own. */
export const organizationRoutes = defineRoutes({
  listOrganizations: {
    method: 'GET',
    path: '/organizations',
    summary: 'Organizations of the user; by a key, the one that it belongs to',
    access: 'user',
    response: z.array(Organization),
    status: 200,
  },
  createOrganization: {
    method: 'POST',
    path: '/organizations',
    summary: 'Make an organization and own it',
    access: 'self',
    body: z.object({ name: organizationName, defaultRegionId: z.optional(regionId) }),
    response: Organization,
    status: 201,
  },
  getOrganization: {
    method: 'GET',
    path: '/organizations/{organizationId}',
    summary: 'One organization',
    access: 'member',
    isOpenWhenSuspended: true,
    response: Organization,
    status: 200,
  },
  deleteOrganization: {
    method: 'DELETE',
    path: '/organizations/{organizationId}',
    summary: 'Delete an organization that has no sandboxes, snapshots and volumes any more',
    access: 'owner',
    status: 204,
  },
  setOrganizationDefaultRegion: {
    method: 'PATCH',
    path: '/organizations/{organizationId}/default-region',
    summary: 'Choose the default region of an organization that has none',
    access: 'owner',
    body: z.object({ defaultRegionId: regionId }),
    status: 204,
  },
  leaveOrganization: {
    method: 'POST',
    path: '/organizations/{organizationId}/leave',
    summary: 'Be a member no more; the keys of the member there are deleted',
    access: 'self',
    isOpenWhenSuspended: true,
    status: 204,
  },
  listAvailableSandboxClasses: {
    method: 'GET',
    path: '/organizations/{organizationId}/available-sandbox-classes',
    summary: 'Kinds of sandboxes that can be made',
    access: 'member',
    response: z.array(z.object({ regionId: z.string(), sandboxClass: z.string(), gpuAvailable: z.boolean() })),
    status: 200,
  },
  suspendOrganization: {
    method: 'POST',
    path: '/organizations/{organizationId}/suspend',
    summary: 'Close an organization: its calls are refused, and its sandboxes stopped after the grace period',
    access: 'admin',
    body: z.object({
      reason: z
        .string()
        .check(
          z.trim(),
          z.minLength(1),
          z.maxLength(limits.reasonLength),
          z.regex(/^\P{Cc}*$/u, 'must be one line of text'),
        ),
      until: z.optional(z.nullable(dateText)),
      suspensionCleanupGracePeriodHours: z.optional(z.int().check(z.gte(0), z.lte(limits.graceHours))),
    }),
    status: 204,
  },
  unsuspendOrganization: {
    method: 'POST',
    path: '/organizations/{organizationId}/unsuspend',
    summary: 'Open a suspended organization again',
    access: 'admin',
    status: 204,
  },
  updateOrganizationPreviewWarning: {
    method: 'POST',
    path: '/organizations/{organizationId}/preview-warning',
    summary: 'Choose whether browsers are warned before previews of an organization',
    access: 'admin',
    body: previewWarning,
    status: 204,
  },
  adminUpdateOrganizationPreviewWarning: {
    method: 'POST',
    path: '/admin/organizations/{organizationId}/preview-warning',
    summary: 'Choose whether browsers are warned before previews of an organization',
    access: 'admin',
    body: previewWarning,
    status: 204,
  },
  adminListOrganizations: {
    method: 'GET',
    path: '/admin/organizations',
    summary: 'Organizations of the platform, the oldest first; this row is ours',
    access: 'admin',
    query: z.object({
      ...pageQuery,
    }),
    response: z.array(Organization),
    status: 200,
  },
  adminCreateOrganization: {
    method: 'POST',
    path: '/admin/organizations',
    summary: 'Make an organization that another user owns',
    access: 'admin',
    body: z.object({ name: organizationName, userId: z.string(), defaultRegionId: z.optional(regionId) }),
    response: Organization,
    status: 201,
  },
})
