// biome-ignore-all format: written by scripts/sdk-operations.mjs
// biome-ignore-all assist/source/organizeImports: likewise
/** Written by scripts/sdk-operations.mjs from protocol/src/toolbox/computer-use.ts: change that, and run it again. */

/** What is sent and answered. */
export interface ComputerUseOperations {
  /** State of the desktop as a whole */
  getComputerUseSystemStatus: {
    answer: undefined
  }
  /** State of the programs of the desktop */
  getComputerUseStatus: {
    answer: undefined
  }
  /** Start the desktop */
  startComputerUse: {
    answer: undefined
  }
  /** Stop the desktop */
  stopComputerUse: {
    answer: undefined
  }
  /** Does a program of the desktop run */
  getProcessStatus: {
    params: { processName: string | number | boolean }
    answer: undefined
  }
  /** Start a program of the desktop anew */
  restartProcess: {
    params: { processName: string | number | boolean }
    answer: undefined
  }
  /** What a program of the desktop printed */
  getProcessLogs: {
    params: { processName: string | number | boolean }
    answer: undefined
  }
  /** Errors of a program of the desktop */
  getProcessErrors: {
    params: { processName: string | number | boolean }
    answer: undefined
  }
  /** Picture of the screen */
  takeScreenshot: {
    answer: undefined
  }
  /** Picture of a part of the screen */
  takeRegionScreenshot: {
    answer: undefined
  }
  /** Small picture of the screen */
  takeCompressedScreenshot: {
    answer: undefined
  }
  /** Small picture of a part of the screen */
  takeCompressedRegionScreenshot: {
    answer: undefined
  }
  /** Where the pointer is */
  getMousePosition: {
    answer: undefined
  }
  /** Move the pointer */
  moveMouse: {
    answer: undefined
  }
  /** Click */
  click: {
    answer: undefined
  }
  /** Drag */
  drag: {
    answer: undefined
  }
  /** Scroll */
  scroll: {
    answer: undefined
  }
  /** Press a button of the mouse and keep it down */
  mouseDown: {
    answer: undefined
  }
  /** Let a button of the mouse go */
  mouseUp: {
    answer: undefined
  }
  /** Type a text */
  typeText: {
    answer: undefined
  }
  /** Press a key */
  pressKey: {
    answer: undefined
  }
  /** Press keys together */
  pressHotkey: {
    answer: undefined
  }
  /** Press a key and keep it down */
  keyDown: {
    answer: undefined
  }
  /** Let a key go */
  keyUp: {
    answer: undefined
  }
  /** Screens */
  getDisplayInfo: {
    answer: undefined
  }
  /** Windows */
  getWindows: {
    answer: undefined
  }
  /** Accessibility tree */
  getAccessibilityTree: {
    answer: undefined
  }
  /** Nodes of the accessibility tree */
  findAccessibilityNodes: {
    answer: undefined
  }
  /** Focus a node */
  focusAccessibilityNode: {
    answer: undefined
  }
  /** Do what a node offers */
  invokeAccessibilityNode: {
    answer: undefined
  }
  /** Set the value of a node */
  setAccessibilityNodeValue: {
    answer: undefined
  }
  /** Record the screen */
  startRecording: {
    answer: undefined
  }
  /** End a recording */
  stopRecording: {
    answer: undefined
  }
  /** Recordings */
  listRecordings: {
    answer: undefined
  }
  /** One recording */
  getRecording: {
    params: { recordingId: string | number | boolean }
    answer: undefined
  }
  /** The film of a recording */
  downloadRecording: {
    params: { recordingId: string | number | boolean }
    answer: undefined
  }
  /** Delete a recording */
  deleteRecording: {
    params: { recordingId: string | number | boolean }
    answer: undefined
  }
}

/** Method and path; with "bytes" where the answer is no JSON. */
export const computerUseOperations = {
  getComputerUseSystemStatus: 'GET /computeruse/status',
  getComputerUseStatus: 'GET /computeruse/process-status',
  startComputerUse: 'POST /computeruse/start',
  stopComputerUse: 'POST /computeruse/stop',
  getProcessStatus: 'GET /computeruse/process/{processName}/status',
  restartProcess: 'POST /computeruse/process/{processName}/restart',
  getProcessLogs: 'GET /computeruse/process/{processName}/logs',
  getProcessErrors: 'GET /computeruse/process/{processName}/errors',
  takeScreenshot: 'GET /computeruse/screenshot',
  takeRegionScreenshot: 'GET /computeruse/screenshot/region',
  takeCompressedScreenshot: 'GET /computeruse/screenshot/compressed',
  takeCompressedRegionScreenshot: 'GET /computeruse/screenshot/region/compressed',
  getMousePosition: 'GET /computeruse/mouse/position',
  moveMouse: 'POST /computeruse/mouse/move',
  click: 'POST /computeruse/mouse/click',
  drag: 'POST /computeruse/mouse/drag',
  scroll: 'POST /computeruse/mouse/scroll',
  mouseDown: 'POST /computeruse/mouse/down',
  mouseUp: 'POST /computeruse/mouse/up',
  typeText: 'POST /computeruse/keyboard/type',
  pressKey: 'POST /computeruse/keyboard/key',
  pressHotkey: 'POST /computeruse/keyboard/hotkey',
  keyDown: 'POST /computeruse/keyboard/down',
  keyUp: 'POST /computeruse/keyboard/up',
  getDisplayInfo: 'GET /computeruse/display/info',
  getWindows: 'GET /computeruse/display/windows',
  getAccessibilityTree: 'GET /computeruse/a11y/tree',
  findAccessibilityNodes: 'POST /computeruse/a11y/find',
  focusAccessibilityNode: 'POST /computeruse/a11y/node/focus',
  invokeAccessibilityNode: 'POST /computeruse/a11y/node/invoke',
  setAccessibilityNodeValue: 'POST /computeruse/a11y/node/value',
  startRecording: 'POST /computeruse/recordings/start',
  stopRecording: 'POST /computeruse/recordings/stop',
  listRecordings: 'GET /computeruse/recordings',
  getRecording: 'GET /computeruse/recordings/{recordingId}',
  downloadRecording: 'GET /computeruse/recordings/{recordingId}/download',
  deleteRecording: 'DELETE /computeruse/recordings/{recordingId}',
} as const
