/** A host serves the mount: our own session, or libfuse by the package fuse-native. */
export const HOSTS = ['native', 'fuse-native'] as const;
export type Host = (typeof HOSTS)[number];

/** The options of `circuit start` for each. A read by libfuse that waits is answered after its time. */
export const START: { readonly [host in Host]: readonly string[] } = {
  native: ['--fuse', 'native'],
  'fuse-native': ['--fuse', 'fuse-native', '--fuse-timeout', '1'],
};
