import { CircuitError } from '../../../base/error.js';
import { escapeControlsInJson } from '../../../base/escape-controls.js';
import { shorten } from '../../../base/redact.js';

/** Longer texts are cut in sentences: a record may have 65,535 bytes. */
const MAX_SHOWN = 80;

/** The error of a text or of bytes that are no record. */
export function invalid(sentence: string): CircuitError {
  return new CircuitError('EINVAL', sentence);
}

/** A text in quotes, as a sentence may have it: short, and without control characters. */
export function excerpt(text: string): string {
  return escapeControlsInJson(JSON.stringify(shorten(text, MAX_SHOWN)));
}
