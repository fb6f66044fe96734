// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/api/organizations.ts: change that, and run it again. */

export interface Organization {
  id: string
  name: string
  createdBy: string
  personal: boolean
  createdAt: string
  updatedAt: string
  suspended: boolean
  suspendedAt: string | null
  suspensionReason: string
  suspendedUntil: string | null
  suspensionCleanupGracePeriodHours: number
  [name: string]: unknown
}

/** What is sent and answered. */
export interface OrganizationOperations {
  /** Organizations of the user; by a key, the one that it belongs to */
  listOrganizations: {
    answer: Organization[]
  }
  /** Make an organization and own it */
  createOrganization: {
    body: {
      name: string
      defaultRegionId?: string | undefined
    }
    answer: Organization
  }
  /** One organization */
  getOrganization: {
    params: { organizationId: string | number | boolean }
    answer: Organization
  }
  /** Delete an organization that has no sandboxes, snapshots and volumes any more */
  deleteOrganization: {
    params: { organizationId: string | number | boolean }
    answer: undefined
  }
  /** Choose the default region of an organization that has none */
  setOrganizationDefaultRegion: {
    params: { organizationId: string | number | boolean }
    body: {
      defaultRegionId: string
    }
    answer: undefined
  }
  /** Be a member no more; the keys of the member there are deleted */
  leaveOrganization: {
    params: { organizationId: string | number | boolean }
    answer: undefined
  }
  /** Kinds of sandboxes that can be made */
  listAvailableSandboxClasses: {
    params: { organizationId: string | number | boolean }
    answer: {
      regionId: string
      sandboxClass: string
      gpuAvailable: boolean
    }[]
  }
  /** Close an organization: its calls are refused, and its sandboxes stopped after the grace period */
  suspendOrganization: {
    params: { organizationId: string | number | boolean }
    body: {
      reason: string
      until?: string | null | undefined
      suspensionCleanupGracePeriodHours?: number | undefined
    }
    answer: undefined
  }
  /** Open a suspended organization again */
  unsuspendOrganization: {
    params: { organizationId: string | number | boolean }
    answer: undefined
  }
  /** Choose whether browsers are warned before previews of an organization */
  updateOrganizationPreviewWarning: {
    params: { organizationId: string | number | boolean }
    body: {
      previewWarningEnabled: boolean
    }
    answer: undefined
  }
  /** Choose whether browsers are warned before previews of an organization */
  adminUpdateOrganizationPreviewWarning: {
    params: { organizationId: string | number | boolean }
    body: {
      previewWarningEnabled: boolean
    }
    answer: undefined
  }
  /** Organizations of the platform, the oldest first; this row is ours */
  adminListOrganizations: {
    query?: {
      page?: string | number | boolean | undefined
      limit?: string | number | boolean | undefined
    }
    answer: Organization[]
  }
  /** Make an organization that another user owns */
  adminCreateOrganization: {
    body: {
      name: string
      userId: string
      defaultRegionId?: string | undefined
    }
    answer: Organization
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const organizationOperations = {
  listOrganizations: 'GET /organizations',
  createOrganization: 'POST /organizations',
  getOrganization: 'GET /organizations/{organizationId}',
  deleteOrganization: 'DELETE /organizations/{organizationId}',
  setOrganizationDefaultRegion: 'PATCH /organizations/{organizationId}/default-region',
  leaveOrganization: 'POST /organizations/{organizationId}/leave',
  listAvailableSandboxClasses: 'GET /organizations/{organizationId}/available-sandbox-classes',
  suspendOrganization: 'POST /organizations/{organizationId}/suspend',
  unsuspendOrganization: 'POST /organizations/{organizationId}/unsuspend',
  updateOrganizationPreviewWarning: 'POST /organizations/{organizationId}/preview-warning',
  adminUpdateOrganizationPreviewWarning: 'POST /admin/organizations/{organizationId}/preview-warning',
  adminListOrganizations: 'GET /admin/organizations',
  adminCreateOrganization: 'POST /admin/organizations',
} as const
