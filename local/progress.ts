/** Says what is being done, and every five seconds that it still is. */
export async function announceWork<T>(what: string, work: () => Promise<T> | T): Promise<T> {
  console.log(`${what} ...`);
  const began = Date.now();
  const beat = setInterval(() => console.log(`  ... ${Math.round((Date.now() - began) / 1000)} s`), 5000);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
