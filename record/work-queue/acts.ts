import type { Db, Fragment } from '../../runtime/database';

/**
 * Selects the act that settles an item `w` of an application `a`: one attestation, and one entry in a file, are one
 * act, however many applications wait for it. Everything else is done for each by itself.
 */
export const selectAct = (sql: Db): Fragment => sql`
  case w.purpose
    when 'obtain_attestation' then 'attest/' || a.provider_id
    when 'prepare' then concat_ws('/', 'prepare', a.provider_id, a.practice_id, a.state,
      jsonb_path_query_array(a.snapshot, '$.file.prerequisites[*] ? (@.met == false).code'))
    else concat_ws('/', w.purpose, w.application_id) end`;
