/** The beginnings of files that are kept as evidence, in hexadecimal: a paper or a picture of one, and nothing that runs. */
const BEGINNINGS = {
  'application/pdf': ['255044462d'],
  'image/png': ['89504e470d0a1a0a'],
  'image/jpeg': ['ffd8ff'],
  'image/tiff': ['49492a00', '4d4d002a'],
} as const;
export type FileType = keyof typeof BEGINNINGS;
export const FILE_TYPES = Object.keys(BEGINNINGS) as FileType[];

/** The number of bytes that tell what a file is. */
export const HEAD_BYTES = 8;

/** Finds the type of a file by its first bytes, whatever its name or sender says; null if it is nothing that is kept. */
export const findFileType = (head: Uint8Array): FileType | null => {
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return FILE_TYPES.find((type) => BEGINNINGS[type].some((beginning) => hex.startsWith(beginning))) ?? null;
};

const EXTENSIONS: Record<FileType, readonly string[]> = {
  'application/pdf': ['pdf'],
  'image/png': ['png'],
  'image/jpeg': ['jpg', 'jpeg'],
  'image/tiff': ['tif', 'tiff'],
};

const LONGEST_NAME = 100;

/** Names a file to be saved: as its document, without what leads elsewhere, and ending as what it is. */
export function nameDownload(name: string, type: FileType): string {
  const plain = name.replaceAll(/[^\p{L}\p{N} ._-]/gu, '_').replace(/^[. ]+/, '');
  const short = Array.from(plain).slice(0, LONGEST_NAME).join('').trim() || 'document';
  const ends = EXTENSIONS[type].some((extension) => short.toLowerCase().endsWith(`.${extension}`));
  return ends ? short : `${short}.${EXTENSIONS[type][0]}`;
}
