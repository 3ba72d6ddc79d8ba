/** Of all tests that are not slow: on a busy machine even a process of Node's takes seconds to start, and what times out takes its file along. */
jest.setTimeout(180_000);
