export { payerApplication } from './payer-application';
export { networkParticipation } from './network-participation';
export {
  billingReadiness,
  enrolmentChase,
  exclusionList,
  outreach,
  platformCheck,
  platformInquiry,
  providerUpkeep,
  webhook,
} from './watch';
