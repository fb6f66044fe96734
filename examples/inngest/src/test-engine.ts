/** Runs functions without a server of Inngest, for tests: steps are real, and so is what they do. */
export { InngestTestEngine, mockCtx } from '@inngest/test'
