import { drawCallSheet } from './call-sheet';
import { drawCertificate } from './certificate';
import { drawCoverage, writeCoverageCsv } from './coverage';
import { drawEvidenceFile } from './evidence-file';

/** The contents of each paper. */
export interface PaperContents {
  callSheet: Parameters<typeof drawCallSheet>;
  certificate: Parameters<typeof drawCertificate>;
  coverage: Parameters<typeof drawCoverage>;
  coverageCsv: Parameters<typeof writeCoverageCsv>;
  evidenceFile: Parameters<typeof drawEvidenceFile>;
}
export type PaperKind = keyof PaperContents;

/** Every paper that takes so long to make that nothing else is to wait for it. */
const PAPERS: { [Kind in PaperKind]: (...content: PaperContents[Kind]) => string | Promise<Buffer> } = {
  callSheet: drawCallSheet,
  certificate: drawCertificate,
  coverage: drawCoverage,
  coverageCsv: writeCoverageCsv,
  evidenceFile: drawEvidenceFile,
};

/** Makes a paper in this thread. */
export const makePaper = async <Kind extends PaperKind>(kind: Kind, content: PaperContents[Kind]): Promise<Buffer> =>
  Buffer.from(await PAPERS[kind](...content));
