/** What serves the mount: our own session, or libfuse by the package fuse-native. */
export const HOSTS = ['native'] as const;
export type Host = (typeof HOSTS)[number];
