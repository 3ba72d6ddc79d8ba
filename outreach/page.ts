/** A paragraph, a list, or a list whose entries are answered by their number. */
export type Block = string | string[] | { numbered: string[] };

export interface Part {
  title: string;
  blocks: Block[];
}

/** The operator that sends a mail, and the client for which, if one is named. */
interface Sender {
  operatorName: string | null;
  clientName: string | null;
}

const writeFoot = ({ operatorName, clientName }: Sender): string =>
  `Sent by Countersign on behalf of ${operatorName ?? 'the credentialing team'}${clientName === null ? '' : ` for ${clientName}`}. Replies reach the team.`;

/** Writes a greeting and the parts of a mail as plain text and as HTML; a title is written if there are several. */
export function writePage(greeting: string, parts: readonly Part[], sender: Sender): { text: string; html: string } {
  const foot = writeFoot(sender);
  const titled = parts.length > 1;
  const plain = parts.flatMap(({ title, blocks }) => [
    ...(titled ? [`${title}\n${'-'.repeat(title.length)}`] : []),
    ...blocks.map(writeBlock),
  ]);
  const marked = parts
    .map(({ title, blocks }) => (titled ? wrapTag('h2', TITLE, escapeHtml(title)) : '') + blocks.map(markUp).join(''))
    .join(RULE);
  return {
    text: `${[greeting, ...plain, `-- \n${foot}`].join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head><body style="${BODY}"><div style="${SHEET}">${wrapTag('p', TEXT, escapeHtml(greeting))}${marked}</div>${wrapTag('p', SMALL, escapeHtml(foot))}</body></html>`,
  };
}

// mail programs read inline styles, and little else
const FONT = 'font:16px/1.5 -apple-system,BlinkMacSystemFont,Segoe UI,Helvetica,Arial,sans-serif';
const BODY = `margin:0;padding:24px 12px;background:#f4f5f7;color:#1d2733;${FONT}`;
const SHEET =
  'max-width:560px;margin:0 auto;padding:20px 28px;background:#ffffff;border:1px solid #dfe3e8;border-radius:8px';
const TITLE = 'margin:12px 0;font-size:18px;line-height:1.35';
const TEXT = 'margin:12px 0';
const SMALL = 'max-width:560px;margin:16px auto 0;font-size:13px;color:#5b6775;text-align:center';
const RULE = '<hr style="margin:24px 0;border:0;border-top:1px solid #dfe3e8">';

function writeBlock(block: Block): string {
  if (typeof block === 'string') return block;
  if ('numbered' in block) return block.numbered.map((line, i) => `${i + 1}. ${line}`).join('\n');
  return block.map((line) => `- ${line}`).join('\n');
}

function markUp(block: Block): string {
  if (typeof block === 'string') return wrapTag('p', TEXT, escapeHtml(block));
  const [name, lines] = 'numbered' in block ? (['ol', block.numbered] as const) : (['ul', block] as const);
  const items = lines.map((line) => wrapTag('li', 'margin:4px 0', escapeHtml(line)));
  return wrapTag(name, `${TEXT};padding-left:22px`, items.join(''));
}

const wrapTag = (name: string, style: string, content: string): string =>
  `<${name} style="${style}">${content}</${name}>`;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
