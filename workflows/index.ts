export { payerApplication } from './payer-application';
export { networkParticipation } from './network-participation';
export {
  billingReadiness,
  caqhStatus,
  enrolmentChase,
  exclusionList,
  nppesRecord,
  outreach,
  platformCheck,
  platformInquiry,
  providerUpkeep,
  webhook,
} from './watch';
