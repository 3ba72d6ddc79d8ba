export { payerApplication } from './payer-application';
export { networkParticipation } from './network-participation';
export { billingReadiness, enrolmentChase, platformCheck, platformInquiry } from './watch';
