/** As much of it as the tests use: it has no types of its own. */
declare module 'dns-packet' {
  export interface DecodedRecord {
    readonly name: string;
    readonly type: string;
    readonly ttl?: number;
    readonly class?: string;
    readonly data?: unknown;
    readonly udpPayloadSize?: number;
    readonly ednsVersion?: number;
    readonly flag_do?: boolean;
  }

  export interface DecodedPacket {
    readonly id: number;
    readonly type: 'query' | 'response';
    readonly rcode: string;
    readonly opcode: string;
    readonly flag_aa: boolean;
    readonly flag_tc: boolean;
    readonly flag_rd: boolean;
    readonly flag_ra: boolean;
    readonly questions: readonly { readonly name: string; readonly type: string }[];
    readonly answers: readonly DecodedRecord[];
    readonly authorities: readonly DecodedRecord[];
    readonly additionals: readonly DecodedRecord[];
  }

  export function encode(packet: object): Buffer;
  export function decode(message: Buffer): DecodedPacket;
}
