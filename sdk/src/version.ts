/** Version of this library. */
export const version = '0.1.0'

/**
 * Version of the published client whose wire this library speaks: agents answer in older forms to older clients
 * (toolbox.md 0.2).
 */
export const wireVersion = '0.218.0'
