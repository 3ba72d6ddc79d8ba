import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { Instant } from '../../domain/time/instants';
import { canonicalizeJson } from '../../runtime/certificate-check';
import type { Db, Sql, Tx } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { recordAudit } from '../kernel/audit';
import { deriveId } from '../kernel/digest';
import type { Principal } from '../kernel/principal';
import { openField, sealField } from '../kernel/sealed-fields';

/** A key by which certificates are verified; `publicKey` is 32 bytes in base64url. */
export interface CertificateKey {
  id: string;
  publicKey: string;
  createdAt: Instant;
}

/** A signature over the canonical form of a certificate. */
export interface CertificateSignature {
  algorithm: 'Ed25519';
  keyId: string;
  /** 64 bytes in base64url. */
  value: string;
}

/** Lists the keys that have signed certificates, the one that signs today first. */
export const listCertificateKeys = (sql: Db): Promise<CertificateKey[]> => sql<CertificateKey[]>`
  select id, public_key, created_at from certificate_keys order by created_at desc, id`;

/** Creates a key pair, which signs from now on; the private half is kept sealed. */
async function createCertificateKey(tx: Tx, keyring: Keyring): Promise<CertificateKey> {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const id = deriveId(x!);
  const [made] = await tx<CertificateKey[]>`
    insert into certificate_keys (id, public_key, private_sealed, created_at)
    values (${id}, ${x!}, ${sealField(keyring, 'certificateKey.private', id, d!)}, clock_timestamp()) returning id, public_key, created_at`;
  return made!;
}

/** Replaces the key that signs; what the earlier ones signed is verified by them. */
export const rotateCertificateKey = (sql: Sql, keyring: Keyring, principal: Principal): Promise<CertificateKey> =>
  sql.begin(async (tx) => {
    const made = await createCertificateKey(tx, keyring);
    const { id } = made;
    await recordAudit(tx, principal, {
      action: 'certificate_key.rotate',
      subjectType: 'certificate_key',
      subjectId: id,
    });
    return made;
  });

/** Signs a certificate by the latest key; the first certificate makes the first key. */
export async function signCertificate(tx: Tx, keyring: Keyring, certificate: object): Promise<CertificateSignature> {
  await tx`select pg_advisory_xact_lock(hashtextextended('certificate_keys', 0))`;
  const [latest] = await listCertificateKeys(tx);
  const { id } = latest ?? (await createCertificateKey(tx, keyring));
  const [row] = await tx<{ publicKey: string; privateSealed: string }[]>`
    select public_key, private_sealed from certificate_keys where id = ${id}`;
  const { publicKey: x, privateSealed } = row!;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x, d: openField(keyring, 'certificateKey.private', id, privateSealed) };
  const value = sign(
    null,
    Buffer.from(canonicalizeJson(certificate)),
    createPrivateKey({ key: jwk, format: 'jwk' }),
  ).toString('base64url');
  return { algorithm: 'Ed25519', keyId: id, value };
}
