export { payerApplication } from './payer-application';
export { networkParticipation } from './network-participation';
