/**
 * Gives each test that is not slow three minutes: on a busy machine even a process of Node's takes seconds to start,
 * and a timeout takes its whole file along.
 */
jest.setTimeout(180_000);
