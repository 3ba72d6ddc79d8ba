import { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import { listSeenWorkflows } from '../../record/applications/seen-workflows';
import { createPayloadOpener } from '../../runtime/codec';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';
import { allowRepeats, describeText, line } from '../kernel/schemas';

/** The path to which Temporal's tools add `/decode`. */
const CODEC_PATH = '/v1/codec';
const DECODE_PATH = `${CODEC_PATH}/decode`;
/** More than a page of Temporal's UI holds. */
const MOST_PAYLOADS = 10_000;

const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const bytes = describeText(
  [{ rule: 'base64', message: 'must be bytes in base64', holds: (text) => BASE64.test(text) }],
  { pattern: BASE64.source },
);
const payloads = z
  .strictObject({
    payloads: allowRepeats(
      z
        .array(z.strictObject({ metadata: z.record(line, bytes).optional(), data: bytes.optional() }))
        .max(MOST_PAYLOADS),
    ),
  })
  .meta({ id: 'Payloads', description: 'Payloads of Temporal, as its remote codecs exchange them' });

/**
 * Lets pages of Temporal's UI ask, and only them; a preflight request comes without a key, and is answered before the caller is
 * asked for one.
 */
export function allowTemporalUi(origin: string | null | undefined): RequestHandler {
  const router = Router();
  if (origin)
    router.all(DECODE_PATH, (req, res, next) => {
      res.vary('Origin');
      if (req.get('Origin') !== origin) return next();
      res.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      });
      // it changes nothing, and no other origin reads its answer
      res.locals.changesNothing = true;
      if (req.method !== 'OPTIONS') return next();
      res.set({
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': 'authorization, content-type, x-namespace',
      });
      res.status(204).end();
    });
  return router;
}

export const codecRoutes = ({ sql, keyring }: Deps): Route[] => [
  route({
    method: 'post',
    path: DECODE_PATH,
    summary: 'Open payloads for Temporal’s UI and command line',
    description:
      `A remote codec of Temporal: its endpoint is \`${CODEC_PATH}\`. A payload of an application is opened for who sees the ` +
      'application, any other for who sees every client; what is not opened is answered as it came.',
    tag: 'operations',
    access: 'operations:read',
    query: z.strictObject({
      preserveStorageRefs: z
        .enum(['true', 'false'])
        .optional()
        .meta({ description: 'Sent by the UI; it changes nothing' }),
    }),
    body: payloads,
    responses: { 200: { description: 'The payloads, in the same order', schema: payloads } },
    handler: async ({ principal, body }) => {
      const opener = createPayloadOpener(keyring, body.payloads);
      const seen = await listSeenWorkflows(sql, principal, opener.workflowIds);
      const mayOpen = (workflowId: string | null) =>
        workflowId === null ? principal.clientIds === null : seen.has(workflowId);
      return answerOk({ payloads: await opener.open(mayOpen) });
    },
  }),
];
