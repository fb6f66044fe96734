import { limits } from '@sandyard/protocol'

const KiB = 1024
const MiB = 1024 * KiB

/** What one build may be and do; its processors, memory and disk come with the order. */
export const buildLimits = {
  /** size of a Dockerfile */
  dockerfileBytes: 1 * MiB,
  instructions: 1000,
  stages: 64,
  /** a word or value after its variables were put in, characters: the kernel takes no longer argument */
  valueLength: 128 * KiB,
  /** all that variables put in, characters */
  expandedLength: 16 * MiB,
  /** all variables of a program together, characters */
  environmentLength: 256 * KiB,
  /** `${a:-${b:-…}}` */
  nesting: 16,
  /** files and folders of all contexts together */
  contextEntries: 200_000,
  /** names of all of them together */
  contextNameBytes: 64 * MiB,
  /** content of all of them together, unpacked */
  contextBytes: 32 * 1024 * MiB,
  /** names that are looked at to find what is copied */
  contextLooks: 5_000_000,
  /** files that are looked into to see whether they are packed; of others the name tells */
  packedFiles: 2000,
  /** time to find out what `.dockerignore` leaves out */
  ignoreMs: 30_000,
  /** headers in front of one entry of a tar file */
  tarHeaders: 16,
  ignoreFileBytes: 64 * KiB,
  ignorePatterns: 500,
  /** names and the like in front of an entry of a tar file */
  tarHeaderBytes: 64 * KiB,
  /** text that programs of a build print and that is told */
  outputBytes: 16 * MiB,
  /** end of a failed program's output that goes into the reason */
  tailLength: 2000,
  /** whole build */
  timeMs: 60 * 60_000,
  /** builds at a time; others wait. As many as the server orders: else one that waits here has its time run out */
  atOnce: limits.buildsAtOnce,
  /** finished steps that are kept for later builds, and for how long */
  cachedSteps: 200,
  cachedMs: 7 * 24 * 60 * 60_000,
} as const
