/** A program that is missing on this machine, or that failed. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}
