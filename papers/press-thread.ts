/** A thread of papers/press.ts. */
import { setPriority } from 'node:os';
import workerpool from 'workerpool';
import { makePaper } from './papers';

// Linux alone has priorities of threads; elsewhere it would be that of the whole process.
if (process.platform === 'linux') setPriority(10);
workerpool.worker({ makePaper });
