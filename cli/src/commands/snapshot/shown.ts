import type { Snapshot } from '@sandyard/sdk'
import type { Shown } from '../../screen.ts'
import { age, ago, bytes, resources, time } from '../../texts.ts'

const gib = 1024 ** 3

/** Snapshots in a listing. */
export const listedSnapshot: Shown<Snapshot> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'State', text: stateText },
    { title: 'Image', text: ({ imageName }) => imageName ?? '' },
    { title: 'Size', text: sizeText, isNumber: true },
    { title: 'Used', text: ({ lastUsedAt }) => ago(lastUsedAt), isNumber: true },
    { title: 'Age', text: ({ createdAt }) => age(createdAt), isNumber: true },
  ],
  name: ({ name }) => name,
}

/** One snapshot, with all that is known of it. */
export const shownSnapshot: Shown<Snapshot> = {
  columns: [
    { title: 'Name', text: ({ name }) => name },
    { title: 'ID', text: ({ id }) => id },
    { title: 'State', text: stateText },
    { title: 'Image', text: ({ imageName, buildInfo }) => imageName ?? (buildInfo === undefined ? '-' : '(built)') },
    { title: 'From sandbox', text: ({ sourceSandboxId }) => sourceSandboxId ?? '-' },
    { title: 'Size', text: sizeText },
    { title: 'Sandboxes get', text: ({ cpu, mem, disk }) => resources({ cpu, memory: mem, disk }) },
    { title: 'Entrypoint', text: ({ entrypoint }) => (entrypoint === null ? '-' : entrypoint.join(' ')) },
    { title: 'For everybody', text: ({ general }) => (general ? 'yes' : 'no') },
    { title: 'Created', text: ({ createdAt }) => `${time(createdAt)} (${ago(createdAt)})` },
    { title: 'Used', text: ({ lastUsedAt }) => ago(lastUsedAt) },
  ],
  name: ({ name }) => name,
}

function stateText({ state, errorReason }: Snapshot): string {
  return errorReason === null || errorReason === '' ? state : `${state}: ${errorReason}`
}

/** The wire has GiB here (api.md appendix Snapshot). */
function sizeText({ size }: Snapshot): string {
  return size === null ? '-' : bytes(size * gib)
}
