export { payerApplication } from './payer-application';
export { networkParticipation } from './network-participation';
export { billingReadiness, platformCheck, platformInquiry } from './watch';
