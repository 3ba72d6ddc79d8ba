export { payerApplication } from './payer-application';
export { networkParticipation } from './network-participation';
export {
  billingReadiness,
  caqhStatus,
  ending,
  enrolmentChase,
  exclusionList,
  nppesRecord,
  outreach,
  platformCheck,
  platformInquiry,
  providerUpkeep,
  retention,
  webhook,
} from './watch';
