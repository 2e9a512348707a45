/** The class of the Internet, the only one that is served (RFC 1035, section 3.2.4). */
export const CLASS_IN = 1;

/** The numbers of the types of records, and of questions, that the server treats in a way of their own. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  OPT: 41,
  DS: 43,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;
