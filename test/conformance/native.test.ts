import { conformance } from './tests.js';

conformance('native');
