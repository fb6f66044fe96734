import { size } from '../design/sizes.ts'

/** The size of a snapshot for people; the platform tells it to a hundredth of a GiB. */
export function sizeText(gib: number): string {
  return gib < 0.01 ? 'under 10 MiB' : size(gib * 1024 ** 3)
}
