/** `mixminus/sip`: the SIP core alone, for those who build their own thing on it. */
export * from './dialog-core/index.js';
