import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';

/** How long a caller may take to send a request: its headers, and all of it, a file of 40 MB included. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 120_000, connectionsCheckingInterval: 1000 };

/**
 * Creates a server that ends a request whose headers or body do not arrive in time (408), and with it the connection.
 */
export const createServer = (app: RequestListener, limits = LIMITS): Server => createHttpServer(limits, app);
