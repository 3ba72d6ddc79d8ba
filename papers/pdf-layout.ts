import type { Letterhead } from '../domain/kernel/letterhead';
import { dirname, join } from 'node:path';
import PDFDocument from 'pdfkit';

const FONTS = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');

export interface Column {
  title: string;
  /** The share of the page's width. */
  share: number;
}

/** The cells of a row; a row that was struck out stays readable, crossed out. */
export type Row = readonly string[] | { struck: readonly string[] };

export interface Table {
  heading?: string;
  columns: readonly Column[];
  rows: readonly Row[];
}

export interface Paper {
  title: string;
  /** Lines under the title. */
  about: readonly string[];
  tables: readonly Table[];
  /** Notes in small print at the end. */
  notes: readonly string[];
  /** A line on every page, beside its number. */
  foot?: string;
  /** A file within the PDF. */
  attachment?: { name: string; content: string };
}

const MARGIN = 36;
const LOGO = { width: 140, height: 40 };
const GREY = '#555555';
const LINE = '#cccccc';

/** Draws a paper on landscape letter pages, each with its number; a table's head is repeated on every page. */
export async function drawPdf(
  { title, about, tables, notes, foot = '', attachment }: Paper,
  letterhead: Letterhead,
): Promise<Buffer> {
  const doc = new PDFDocument({
    size: 'LETTER',
    layout: 'landscape',
    margin: MARGIN,
    bufferPages: true,
    info: { Title: title, ...(letterhead.name && { Author: letterhead.name }) },
  });
  const parts: Buffer[] = [];
  doc.on('data', (part: Buffer) => parts.push(part));
  const done = new Promise<void>((resolve, reject) => doc.on('end', resolve).on('error', reject));
  // names are written in more letters than the standard fonts have
  doc.registerFont('plain', join(FONTS, 'DejaVuSans.ttf'));
  doc.registerFont('bold', join(FONTS, 'DejaVuSans-Bold.ttf'));

  drawLetterhead(doc, letterhead);
  doc.font('bold').fontSize(15).fillColor('black').text(title);
  doc.font('plain').fontSize(8.5).fillColor(GREY);
  for (const line of about) doc.text(line);
  for (const table of tables) drawTable(doc, table);
  doc.moveDown(1).font('plain').fontSize(7.5).fillColor(GREY);
  for (const note of notes) doc.text(note, MARGIN, undefined, { width: measureWidth(doc) });
  numberPages(doc, foot);
  if (attachment)
    doc.file(Buffer.from(attachment.content), {
      name: attachment.name,
      type: 'application/json',
    });
  doc.end();
  await done;
  return Buffer.concat(parts);
}

/**
 * Whether an image can stand at the head of a paper. A PNG is not accepted, as only drawing shows whether it can be
 * drawn.
 */
export function isDrawable(image: Buffer): boolean {
  if (!image.subarray(0, JPEG_BEGINS.length).equals(JPEG_BEGINS)) return false;
  try {
    new PDFDocument().image(image, { fit: [LOGO.width, LOGO.height] });
    return true;
  } catch {
    return false;
  }
}

const JPEG_BEGINS = Buffer.from('ffd8', 'hex');

/** Draws the logo on the right of the title, and the name above it. */
function drawLetterhead(doc: PDFKit.PDFDocument, { name, logo }: Letterhead): void {
  if (logo) {
    const fit: [number, number] = [LOGO.width, LOGO.height];
    doc.image(Buffer.from(logo), MARGIN + measureWidth(doc) - LOGO.width, MARGIN, { fit, align: 'right' });
  }
  doc.x = MARGIN;
  doc.y = MARGIN;
  if (name)
    doc
      .font('plain')
      .fontSize(8.5)
      .fillColor(GREY)
      .text(name, { width: measureWidth(doc) - LOGO.width });
}

const measureWidth = (doc: PDFKit.PDFDocument): number => doc.page.width - 2 * MARGIN;
const findBottom = (doc: PDFKit.PDFDocument): number => doc.page.height - MARGIN - 16;

function drawTable(doc: PDFKit.PDFDocument, { heading, columns, rows }: Table): void {
  const total = columns.reduce((sum, { share }) => sum + share, 0);
  const widths = columns.map(({ share }) => (share / total) * measureWidth(doc));
  const drawRow = (row: Row, font: 'plain' | 'bold') => {
    const cells = 'struck' in row ? row.struck : row;
    const strike = 'struck' in row;
    doc.font(font).fontSize(8).fillColor('black');
    const height = Math.max(...cells.map((cell, i) => doc.heightOfString(cell || ' ', { width: widths[i]! - 6 }))) + 5;
    if (doc.y + height > findBottom(doc)) {
      doc.addPage();
      if (font === 'plain')
        drawRow(
          columns.map((column) => column.title),
          'bold',
        );
      doc.font(font).fontSize(8);
    }
    doc.fillColor(strike ? GREY : 'black');
    const top = doc.y;
    let left = MARGIN;
    for (const [i, cell] of cells.entries()) {
      doc.text(cell, left, top + 2.5, { width: widths[i]! - 6, strike });
      left += widths[i]!;
    }
    doc
      .moveTo(MARGIN, top + height)
      .lineTo(MARGIN + measureWidth(doc), top + height)
      .lineWidth(0.5)
      .stroke(LINE);
    doc.x = MARGIN;
    doc.y = top + height;
  };
  doc.moveDown(1);
  if (heading) {
    if (doc.y + 48 > findBottom(doc)) doc.addPage();
    doc.font('bold').fontSize(10.5).fillColor('black').text(heading, MARGIN).moveDown(0.3);
  }
  drawRow(
    columns.map((column) => column.title),
    'bold',
  );
  for (const row of rows) drawRow(row, 'plain');
}

function numberPages(doc: PDFKit.PDFDocument, foot: string): void {
  const { start, count } = doc.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    doc.switchToPage(page);
    // below the margin, where text would otherwise start another page
    doc.page.margins.bottom = 0;
    doc.font('plain').fontSize(7.5).fillColor(GREY);
    if (foot) doc.text(foot, MARGIN, doc.page.height - MARGIN + 6, { width: measureWidth(doc), lineBreak: false });
    doc.text(`${page + 1} / ${count}`, MARGIN, doc.page.height - MARGIN + 6, {
      width: measureWidth(doc),
      align: 'right',
      lineBreak: false,
    });
  }
}
