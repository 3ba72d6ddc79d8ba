import { Router } from 'express';
import { recordFileUse } from '../../record/registry/document-files';
import { openLink } from '../../record/registry/document-links';
import { createSystemActor } from '../../record/kernel/principal';
import { hashSecret } from '../../runtime/secrets';
import { lookUpSecret } from '../kernel/auth';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { sendAnswer, servePage } from '../kernel/router';
import type { WrongKeys } from '../kernel/wrong-keys';
import { answerFile } from './document-files';

/** Serves links to files of documents: who opens one sends no key, so the address itself is the secret. */
export function createDocumentLinkPages(deps: Deps, wrongKeys: WrongKeys): Router {
  const { sql } = deps;
  const router = Router({ caseSensitive: true, strict: true });
  servePage(router, /^\/document-links\/([\w-]{43})$/, async (req, res) => {
    const token = req.params[0]!;
    const link = await lookUpSecret(wrongKeys, req, hashSecret(token), () => openLink(sql, token));
    if (!link) throw new Problem('not_found');
    const { id, documentId, clientId, containsPhi, madeBy, name } = link;
    const answer = await answerFile(deps, { id: documentId, name });
    const reader = { ...createSystemActor(id, `Link of ${madeBy.name}`), requestId: res.get('X-Request-Id')! };
    const document = { id: documentId, clientId, containsPhi };
    await recordFileUse(sql, reader, document, { action: 'document.read', detail: { linkId: id, madeBy } });
    sendAnswer(res, answer);
  });
  return router;
}
