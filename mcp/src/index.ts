export { createMcpHttp, type McpHttp, type McpHttpOptions } from './http/http.ts'
export { createMcpServer, type ToolSurroundings } from './server.ts'
export { type StdioOptions, serveAgent } from './stdio.ts'
