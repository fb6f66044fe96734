/** Draws after `ms`, together what came meanwhile; what is slow to draw is drawn less often, so that the page answers. */
export function createPaced(ms: number, draw: () => void): { soon(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let waitMs = ms
  function run(): void {
    clearTimeout(timer)
    timer = undefined
    const beganMs = performance.now()
    draw()
    // By then it is on the page.
    setTimeout(() => {
      waitMs = Math.max(ms, (performance.now() - beganMs) * 3)
    })
  }
  return {
    soon() {
      timer ??= setTimeout(run, waitMs)
    },

    stop: () => clearTimeout(timer),
  }
}
