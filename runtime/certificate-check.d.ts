export function canonicalizeJson(value: unknown): string;

export interface CertificateCheck {
  result: 'valid' | 'invalid' | 'unknown_key' | 'unreadable' | 'unsupported';
  keyId?: string;
  certificate?: Record<string, unknown>;
}
export function verifyCertificate(
  text: string,
  keys: readonly { id: string; publicKey: string }[],
): Promise<CertificateCheck>;
