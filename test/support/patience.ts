/** Of tests that use servers: two of them share two cores, and on a busy machine one that timed out takes its file along. */
jest.setTimeout(180_000);
