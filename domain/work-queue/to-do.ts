import type { Purpose, TaskKind } from '../kernel/codes';

/** The work to do, as it reads after "please" or "we have yet to". */
export const TO_DO: Record<Purpose, string> = {
  prepare: 'complete the file',
  obtain_attestation: 'get the attestation',
  submit: 'submit the application',
  confirm_receipt: 'confirm that the payer received it',
  second_look: 'ask the payer to search a second time',
  check_status: 'ask the payer for the status',
  provide_information: 'send what the payer asked for',
  decide_on_appeal: 'decide on an appeal',
  obtain_written_notice: 'get the decision in writing',
  recheck_panel: 'ask whether the panel is open again',
  chase_contract: 'get the contract moving',
  confirm_facts: 'get the last facts confirmed',
  check_loading: 'check that the payer has loaded the provider',
  verify_directory: 'verify the payer’s directory',
  resolve_not_loaded: 'have the payer load the provider',
  resolve_wrong_tin: 'have the payer correct the TIN',
  resolve_claims_denied: 'find out why claims are denied',
  correct_directory: 'have the payer correct its directory',
  ask_committee_date: 'ask for the date of the committee’s decision',
  recover_recredentialing: 'recover a missed recredentialing',
  tell_of_change: 'tell the payer what has changed in the file',
  enter_what_was_lost: 'enter what a restore lost, or confirm that nothing is missing',
  read_the_party: 'read off the evidence whom it names',
  attach_document: 'attach the document behind a fact',
  approve_fact: 'have a second person approve a fact confirmed by phone',
};

/** The same for a task. */
export const TASK_TO_DO: Record<TaskKind, string> = {
  platform_inquiry: 'get answers about the platform: repeated questions were not answered',
  platform_check: 'check that the platform still bills for the provider',
  enrolment: 'ask what has become of an enrolment',
  upkeep: 'have what has lapsed renewed',
  message_uncertain: 'find out whether a mail arrived, then have it sent again or dismiss it',
  message_failed: 'put right why a mail cannot be sent, then have it sent again or dismiss it',
  exclusion_match: 'decide whether a match on the list of exclusions is this provider or practice',
  exclusion_list: 'get this month’s list of the excluded on file',
  registry_mismatch: 'resolve what the file and a registry state differently',
  registry_access: 'get access to a registry that no longer lets us in',
  roster_removal: 'take the person off the CAQH roster by hand',
  client_request: 'answer what a client has asked or complained of',
  playbook_suspect: 'find out why the payer returns what is filed by its playbook',
};
