/** Name of a sandbox that is on its way out; its own is free again at once (api.md 2.2). */
export function destroyedName(name: string, nowMs: number): string {
  return `DESTROYED_${name}_${nowMs}`
}
