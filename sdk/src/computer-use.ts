import type { Query } from './client.ts'
import type { ComputerUseOperations } from './operations/computer-use.ts'
import { computerUseOperations } from './operations/computer-use.ts'
import type { Toolbox } from './toolbox.ts'

/** What calls of the desktop answer; no platform of this version has one, so nothing is said of their shape. */
type Answer = Promise<unknown>

type Call = (
  name: keyof ComputerUseOperations,
  input?: { params?: Record<string, string>; query?: Query; body?: unknown },
) => Answer

/**
 * The desktop of a sandbox (toolbox.md 1.10). A platform without one answers each call with NOT_IMPLEMENTED, as this
 * version does.
 */
export class ComputerUse {
  readonly mouse: Mouse
  readonly keyboard: Keyboard
  readonly screenshot: Screenshot
  readonly display: Display
  readonly #call: Call

  constructor(toolbox: Toolbox) {
    const call: Call = (name, { params = {}, query, body } = {}) => {
      const [method = '', template = ''] = computerUseOperations[name].split(' ')
      const path = template.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key] ?? ''))
      return toolbox.client.json({ method, url: `${toolbox.url}${path}`, query, json: body })
    }
    this.#call = call
    this.mouse = new Mouse(call)
    this.keyboard = new Keyboard(call)
    this.screenshot = new Screenshot(call)
    this.display = new Display(call)
  }

  start(): Answer {
    return this.#call('startComputerUse')
  }
  stop(): Answer {
    return this.#call('stopComputerUse')
  }
  getStatus(): Answer {
    return this.#call('getComputerUseStatus')
  }
  getProcessStatus(processName: string): Answer {
    return this.#call('getProcessStatus', { params: { processName } })
  }
  restartProcess(processName: string): Answer {
    return this.#call('restartProcess', { params: { processName } })
  }
  getProcessLogs(processName: string): Answer {
    return this.#call('getProcessLogs', { params: { processName } })
  }
  getProcessErrors(processName: string): Answer {
    return this.#call('getProcessErrors', { params: { processName } })
  }
}

/** The pointer. */
export class Mouse {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }
  getPosition(): Answer {
    return this.#call('getMousePosition')
  }
  move(x: number, y: number): Answer {
    return this.#call('moveMouse', { body: { x, y } })
  }
  click(x: number, y: number, button = 'left', double = false): Answer {
    return this.#call('click', { body: { x, y, button, double } })
  }
  drag(startX: number, startY: number, endX: number, endY: number, button = 'left'): Answer {
    return this.#call('drag', { body: { startX, startY, endX, endY, button } })
  }
  scroll(x: number, y: number, direction: 'up' | 'down', amount = 1): Answer {
    return this.#call('scroll', { body: { x, y, direction, amount } })
  }
}

export class Keyboard {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }
  /** @param delay ms between keys */
  type(text: string, delay?: number): Answer {
    return this.#call('typeText', { body: { text, delay } })
  }
  press(key: string, modifiers: string[] = []): Answer {
    return this.#call('pressKey', { body: { key, modifiers } })
  }
  hotkey(keys: string): Answer {
    return this.#call('pressHotkey', { body: { keys } })
  }
}

/** A part of the screen. */
export interface ScreenshotRegion {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export class Screenshot {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }
  takeFullScreen(showCursor = false): Answer {
    return this.#call('takeScreenshot', { query: { showCursor } })
  }
  takeRegion(region: ScreenshotRegion, showCursor = false): Answer {
    return this.#call('takeRegionScreenshot', { query: { ...region, showCursor } })
  }
  takeCompressed(options: { showCursor?: boolean; format?: string; quality?: number; scale?: number } = {}): Answer {
    return this.#call('takeCompressedScreenshot', { query: { ...options } })
  }
}

export class Display {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }
  getInfo(): Answer {
    return this.#call('getDisplayInfo')
  }
  getWindows(): Answer {
    return this.#call('getWindows')
  }
}
