/** SQL that asks for a day without saying whose. */
const RAW_DAYS = [
  [/\bcurrent_date\b/i, '`current_date`'],
  [/\btimestamptz\s*::\s*date\b/i, '`timestamptz::date`'],
  [/(\bnow\(\)|\w_at)\s*::\s*date\b/i, 'an instant `::date`'],
  [/\bat\s+time\s+zone\b[^()]*\)\s*::\s*date\b/i, '`at time zone` and `::date`'],
];
const AS_DATE = /^\s*::\s*date\b/i;
const INSTANT = /^(at|now|instant)$|At$/;

const isCutToDay = ({ callee, arguments: [from, to, ...more] }) =>
  ['slice', 'substring', 'substr'].includes(callee.property?.name) &&
  from?.value === 0 &&
  to?.value === 10 &&
  more.length === 0;

/**
 * Days and clocks come from `domain/time`, `record/time` and `runtime/clock`, whose functions ask whose day it is. In a
 * workflow, `new Date()` is Temporal's clock.
 */
const noRawDates = {
  meta: { type: 'problem', schema: [{ type: 'object', properties: { clock: { type: 'string' } } }] },
  create(context) {
    const isTemporals = context.options[0]?.clock !== undefined;
    const report = (node, message) => context.report({ node, message });
    return {
      NewExpression(node) {
        if (node.callee.name === 'Date' && !isTemporals)
          report(node, '`new Date(` takes any text, and whatever clock: use readClock, toInstant or addMilliseconds.');
      },
      CallExpression(node) {
        if (isCutToDay(node))
          report(node, 'This cuts UTC’s day out of an instant: use toLocalDate, or toUtcDate for what is nobody’s.');
      },
      TemplateLiteral({ quasis, expressions }) {
        for (const [i, quasi] of quasis.entries()) {
          const text = quasi.value.raw;
          const [, what] = RAW_DAYS.find(([form]) => form.test(text)) ?? [];
          const { name, property } = expressions[i - 1] ?? {};
          const isCast = AS_DATE.test(text) && INSTANT.test(name ?? property?.name ?? '');
          if (what || isCast)
            report(quasi, `${what ?? 'An instant `::date`'} does not say whose day it is: use selectDay or its like.`);
        }
      },
    };
  },
};

module.exports = { meta: { name: 'dates' }, rules: { 'no-raw-dates': noRawDates } };
