/** What tests take from `node-24.mjs`, which runs before there is a compiler. */
export declare const nodeFlags: readonly string[]
