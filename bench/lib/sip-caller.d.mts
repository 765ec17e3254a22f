export interface SipServerAddress {
  readonly address: string;
  readonly port: number;
}

export interface BenchCall {
  /** Where the server wants the audio. */
  readonly remote: SipServerAddress;
  bye(): Promise<void>;
  /** True once either side has ended the call. */
  isEnded(): boolean;
}

export class SipCaller {
  static open(address?: string): Promise<SipCaller>;
  invite(call: {
    readonly user: string;
    readonly server: SipServerAddress;
    readonly rtpPort: number;
  }): Promise<BenchCall>;
  close(): void;
}
