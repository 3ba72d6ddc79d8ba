/** Regular expressions on paths: one of the first matches, none of the others. */
interface Paths {
  path?: string | readonly string[];
  pathNot?: string | readonly string[];
}
export const forbidden: readonly { name: string; from: Paths; to: Paths }[];
