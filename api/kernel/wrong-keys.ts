import { isIPv6 } from 'node:net';
import { keepLatest } from './latest';

/** The most wrong keys or feed addresses from one network address that are looked up within a window; then none is. */
const MOST = 30;
const WINDOW_MS = 60_000;

/**
 * Counts wrong secrets by network address, in the memory of this process. Over the limit, an address waits until its
 * window is over; a secret that was right before is let pass, so that one caller's wrong keys don't shut out others
 * behind the same proxy.
 */
export class WrongKeys {
  private readonly windows = new Map<string, { count: number; endsAt: number }>();
  private readonly right = new Map<string, true>();

  constructor(private readonly readTime: () => number = () => performance.now()) {}

  /** Computes for how many seconds a secret from an address is not to be looked up; 0: it may be. */
  computeWait(address: string, hash: Buffer): number {
    const window = this.windows.get(nameNetwork(address));
    if (!window || window.count < MOST || this.right.has(hash.toString('hex'))) return 0;
    return Math.max(0, Math.ceil((window.endsAt - this.readTime()) / 1000));
  }

  recordRight(hash: Buffer): void {
    keepLatest(this.right, hash.toString('hex'), true);
  }

  /** Counts a wrong secret; returns whether it is the one that reaches the limit. */
  recordWrong(address: string, hash: Buffer): boolean {
    this.right.delete(hash.toString('hex'));
    const network = nameNetwork(address);
    const known = this.windows.get(network);
    const window = known && known.endsAt > this.readTime() ? known : { count: 0, endsAt: this.readTime() + WINDOW_MS };
    window.count += 1;
    keepLatest(this.windows, network, window);
    return window.count === MOST;
  }
}

/**
 * Names the network of an address: an IPv4 address, or the first 64 bits of an IPv6 address, as a subscriber has all
 * addresses behind them.
 */
export function nameNetwork(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head.split(':').filter(Boolean);
  const behind = tail?.split(':').filter(Boolean) ?? [];
  const missing = tail === undefined ? 0 : 8 - groups.length - behind.length;
  return [...groups, ...Array<string>(missing).fill('0'), ...behind].slice(0, 4).join(':');
}
