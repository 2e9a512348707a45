/** So many cases run at once on each host: most of them wait. */
export const AT_ONCE = 4;
