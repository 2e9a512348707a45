/** Where the labels of a name begin in its key, and the end. */
export function labelStarts(key: string): number[] {
  const starts = [];
  let at = 0;
  for (let length = key.charCodeAt(0); length > 0; length = key.charCodeAt(at)) {
    starts.push(at);
    at += 1 + length;
  }
  starts.push(at);
  return starts;
}
