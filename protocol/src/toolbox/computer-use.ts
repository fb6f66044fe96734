import { defineRoutes, type HttpMethod, type Route } from '../route.ts'

/** The desktop of a sandbox (toolbox.md 1.10). None of it is built: every call answers 501 NOT_IMPLEMENTED. */
export const computerUseRoutes = defineRoutes({
  getComputerUseSystemStatus: notBuilt('GET', '/computeruse/status', 'State of the desktop as a whole'),
  getComputerUseStatus: notBuilt('GET', '/computeruse/process-status', 'State of the programs of the desktop'),
  startComputerUse: notBuilt('POST', '/computeruse/start', 'Start the desktop'),
  stopComputerUse: notBuilt('POST', '/computeruse/stop', 'Stop the desktop'),
  getProcessStatus: notBuilt('GET', '/computeruse/process/{processName}/status', 'Does a program of the desktop run'),
  restartProcess: notBuilt('POST', '/computeruse/process/{processName}/restart', 'Start a program of the desktop anew'),
  getProcessLogs: notBuilt('GET', '/computeruse/process/{processName}/logs', 'What a program of the desktop printed'),
  getProcessErrors: notBuilt('GET', '/computeruse/process/{processName}/errors', 'Errors of a program of the desktop'),
  takeScreenshot: notBuilt('GET', '/computeruse/screenshot', 'Picture of the screen'),
  takeRegionScreenshot: notBuilt('GET', '/computeruse/screenshot/region', 'Picture of a part of the screen'),
  takeCompressedScreenshot: notBuilt('GET', '/computeruse/screenshot/compressed', 'Small picture of the screen'),
  takeCompressedRegionScreenshot: notBuilt(
    'GET',
    '/computeruse/screenshot/region/compressed',
    'Small picture of a part of the screen',
  ),
  getMousePosition: notBuilt('GET', '/computeruse/mouse/position', 'Where the pointer is'),
  moveMouse: notBuilt('POST', '/computeruse/mouse/move', 'Move the pointer'),
  click: notBuilt('POST', '/computeruse/mouse/click', 'Click'),
  drag: notBuilt('POST', '/computeruse/mouse/drag', 'Drag'),
  scroll: notBuilt('POST', '/computeruse/mouse/scroll', 'Scroll'),
  mouseDown: notBuilt('POST', '/computeruse/mouse/down', 'Press a button of the mouse and keep it down'),
  mouseUp: notBuilt('POST', '/computeruse/mouse/up', 'Let a button of the mouse go'),
  typeText: notBuilt('POST', '/computeruse/keyboard/type', 'Type a text'),
  pressKey: notBuilt('POST', '/computeruse/keyboard/key', 'Press a key'),
  pressHotkey: notBuilt('POST', '/computeruse/keyboard/hotkey', 'Press keys together'),
  keyDown: notBuilt('POST', '/computeruse/keyboard/down', 'Press a key and keep it down'),
  keyUp: notBuilt('POST', '/computeruse/keyboard/up', 'Let a key go'),
  getDisplayInfo: notBuilt('GET', '/computeruse/display/info', 'Screens'),
  getWindows: notBuilt('GET', '/computeruse/display/windows', 'Windows'),
  getAccessibilityTree: notBuilt('GET', '/computeruse/a11y/tree', 'Accessibility tree'),
  findAccessibilityNodes: notBuilt('POST', '/computeruse/a11y/find', 'Nodes of the accessibility tree'),
  focusAccessibilityNode: notBuilt('POST', '/computeruse/a11y/node/focus', 'Focus a node'),
  invokeAccessibilityNode: notBuilt('POST', '/computeruse/a11y/node/invoke', 'Do what a node offers'),
  setAccessibilityNodeValue: notBuilt('POST', '/computeruse/a11y/node/value', 'Set the value of a node'),
  startRecording: notBuilt('POST', '/computeruse/recordings/start', 'Record the screen'),
  stopRecording: notBuilt('POST', '/computeruse/recordings/stop', 'End a recording'),
  listRecordings: notBuilt('GET', '/computeruse/recordings', 'Recordings'),
  getRecording: notBuilt('GET', '/computeruse/recordings/{recordingId}', 'One recording'),
  downloadRecording: notBuilt('GET', '/computeruse/recordings/{recordingId}/download', 'The film of a recording'),
  deleteRecording: notBuilt('DELETE', '/computeruse/recordings/{recordingId}', 'Delete a recording'),
})

function notBuilt<const Path extends `/${string}`>(method: HttpMethod, path: Path, summary: string) {
  return { method, path, summary, access: 'member', status: 501 } as const satisfies Route
}
