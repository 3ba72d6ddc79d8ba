/** The words that the name of a function begins with: what it does, or that it answers a question. */
export const VERBS = new Set(
  `
  is has are was may does do
  abbreviate accept accrue acknowledge add adopt advance allow amend anchor announce answer appeal append apply arm ask
  assess assign attest audit authenticate
  batch begin boot bring build
  call cancel canonicalize capitalize carry change chase check cite claim clamp clear clone close collect combine compact
  compare complete compute confirm connect continue copy correct count create
  decide decode decrypt define delete deliver demote derive describe detect double download drain draw drop
  emit encode encrypt end enqueue ensure enter escape estimate evaluate exit expect explain extend
  fail fetch fill find finish flush fold follow forget format forward freeze
  gather get group guard
  halve hand handle hash
  identify import initialise invent issue
  join judge
  keep kill
  label launch leave limit link list listen load locate lock log look
  make map mark mask match measure merge migrate move
  name normalize note notify number
  obtain offer open
  parse pause pick ping place plan play poll post postpone predict prefill prepare preview print proceed process
  project publish purge put
  query queue
  raise rank read rearm reassign receive recheck record redact refresh refuse register reinstate release remain remember
  remind remove rename render renew repair repeat replace replay report request require rescue resolve restart restate
  restore resume retry return reveal revise revoke rotate rule run
  save say schedule score screen seal select send serve set settle shift shorten show shut sign signal silence
  simplify skip snooze sort spell spend split start stop store strip submit sum summarize supervise sweep
  take terminate throw to toggle try turn
    unwrap
  update use
  verify view
  wait wake warn watch withdraw work wrap write
  yield
  `
    .trim()
    .split(/\s+/),
);

/** Writes a verb as a comment says it of its function: `copies`, `fetches`, `reads`. */
export const writeThirdPerson = (verb: string): string =>
  /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ies` : `${verb}${/(s|x|z|ch|sh|o)$/.test(verb) ? 'es' : 's'}`;
