declare global {
  /** Set by jest.slow.config.js. */
  var wholeExtent: boolean | undefined;
}

/** `npm run test:slow` tries everything; `npm test` a part that is spread over all. */
export const isWhole = (): boolean => globalThis.wholeExtent === true;

/** One of so many. Coprime to how many values each dimension of a walk has, so that each value is met. */
export const PART = 7;

/** How many of so many cases are tried. */
export const extent = (all: number): number => (isWhole() ? all : Math.ceil(all / PART));

/** The cases that are tried. */
export function* pick<T>(all: Iterable<T>): Generator<T> {
  let place = 0;
  for (const one of all) {
    if (isWhole() || place % PART === 0) yield one;
    place += 1;
  }
}
