interface Locked {
  version?: string;
  optional?: boolean;
}
export function isInstalled(locked: Record<string, Locked>, installed: Record<string, Locked>): boolean;
export function supportsNode(version: string): boolean;
