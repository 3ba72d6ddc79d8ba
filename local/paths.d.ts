declare const cacheDirectory: string;
declare const dist: string;
declare const root: string;
declare const workDirectory: string;
export { cacheDirectory, dist, root, workDirectory };
