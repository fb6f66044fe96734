/** Host user and group id that is root inside every sandbox; the 65,536 ids from here on are its users. */
export const containerRootId = 100_000

/** How many ids a sandbox has. */
export const containerIdCount = 65_536
