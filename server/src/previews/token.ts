import { randomText } from '../random.ts'

/** A preview token: 32 small letters and digits (api.md 2.5). */
export function newPreviewToken(): string {
  return randomText(32)
}
