/** Of tests that use servers: two of them share two cores. */
jest.setTimeout(60_000);
